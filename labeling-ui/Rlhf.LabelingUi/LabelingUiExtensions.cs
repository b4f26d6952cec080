using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Rlhf.LabelingUi.Features.Account;
using Rlhf.LabelingUi.Features.Account.Access;
using Rlhf.LabelingUi.Features.Account.Users;
using Rlhf.LabelingUi.Features.Events;
using Rlhf.LabelingUi.Features.Exchange;
using Rlhf.LabelingUi.Features.Labeling;
using Rlhf.LabelingUi.Features.Projects.Sampling;
using Rlhf.LabelingUi.Features.Projects.Training;
using Rlhf.LabelingUi.Features.Quality;
using Rlhf.LabelingUi.Features.Runs;
using Rlhf.LabelingUi.Features.Runs.Details;
using Rlhf.LabelingUi.Shell;
using Rlhf.LabelingUi.Shell.Api;
using Rlhf.LabelingUi.Shell.Errors;
using Rlhf.LabelingUi.Shell.Operation;
using Rlhf.LabelingUi.Shell.Requests;
using Rlhf.LabelingUi.Shell.Texts;
using Rlhf.Storage;
using Rlhf.Storage.Changes;
using Rlhf.Storage.Datasets;
using Rlhf.Storage.Exchange.Import;
using Rlhf.Storage.Labeling;
using Rlhf.Storage.Runs;

namespace Rlhf.LabelingUi;

/// <summary>Puts the pages into a web application.</summary>
public static class LabelingUiExtensions
{
    /// <summary>
    /// The services of the pages; they read <paramref name="home"/> and <paramref name="database"/>, which the caller owns.
    /// </summary>
    /// <exception cref="Core.UserError">
    /// The folder of the keys in the home folder cannot be written, or its accounts cannot be opened.
    /// </exception>
    public static IServiceCollection AddLabelingUi(this IServiceCollection services, Home home, RlhfDatabase database, WebSettings settings)
    {
        services.AddRazorComponents();
        AccessControl.AddServices(services, home, settings);
        services.AddAccounts(home);
        Languages.AddServices(services);
        services.AddDataProtection().SetApplicationName("rlhf").PersistKeysToFileSystem(KeyFolder.Prepare(home));
        services.AddExceptionHandler<FailureLog>();
        HealthEndpoint.AddServices(services);
        ApiDocument.AddServices(services);
        services.AddScoped<Links>();
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton(home);
        services.TryAddSingleton(database);
        services.TryAddSingleton<ChangeFeed>();
        services.TryAddSingleton<PipelineRuns>();
        services.TryAddSingleton(provider => new LabelingService(
            database, provider.GetRequiredService<TimeProvider>(), provider.GetRequiredService<ChangeFeed>()));
        services.TryAddSingleton<ProjectVersions>();
        services.TryAddSingleton<LabelingProjects>();
        services.TryAddSingleton<ProjectTasks>();
        services.TryAddSingleton<AnnotationList>();
        services.TryAddSingleton<LabelingMembers>();
        // The policy of an endpoint or a page has asked for a reviewer.
        services.TryAddSingleton(provider => new LabelingReviews(
            database, provider.GetRequiredService<TimeProvider>(), everywhere: true));
        services.TryAddSingleton<DatasetVersions>();
        LabelingPages.AddServices(services);
        services.AddSingleton<RunList>();
        services.AddSingleton<RunDetails>();
        services.TryAddSingleton(provider => new ProjectImport(
            database, provider.GetRequiredService<TimeProvider>(), provider.GetRequiredService<ChangeFeed>()));
        services.AddSingleton<ProjectTraining>();
        services.AddSingleton<TrainedModels>();
        services.AddSingleton<SampledProjects>();
        QualityServices.AddServices(services);
        return services;
    }

    /// <summary>The pages, their files, the reports and the API.</summary>
    public static WebApplication MapLabelingUi(this WebApplication app)
    {
        HeadRequests.Use(app);
        ErrorAnswers.UseForPages(app);
        AddressLength.Use(app);
        PipelinesApi.RequireToken(app);
        app.UseRouting();
        app.UseRequestLocalization();
        AccessControl.Use(app);
        app.UseAntiforgery();
        PageFiles.Map(app);
        HealthEndpoint.Map(app);
        ApiDocument.Map(app);
        ReportEndpoint.Map(app);
        EventsApi.Map(app);
        PipelinesApi.Map(app);
        AccountEndpoints.Map(app);
        LabelingApis.Map(app);
        QualityApi.Map(app);
        ExchangeApi.Map(app);
        LabelingPages.Map(app);
        app.MapRazorComponents<App>();
        return app;
    }
}

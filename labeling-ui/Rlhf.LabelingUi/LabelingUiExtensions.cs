using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Rlhf.LabelingUi.Features.Events;
using Rlhf.LabelingUi.Features.Runs;
using Rlhf.LabelingUi.Shell;
using Rlhf.Storage;
using Rlhf.Storage.Changes;

namespace Rlhf.LabelingUi;

/// <summary>Puts the pages into a web application.</summary>
public static class LabelingUiExtensions
{
    /// <summary>The services of the pages; they read <paramref name="home"/> and <paramref name="database"/>, which the caller owns.</summary>
    public static IServiceCollection AddLabelingUi(this IServiceCollection services, Home home, RlhfDatabase database)
    {
        services.AddRazorComponents();
        services.AddAntiforgery();
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton(home);
        services.TryAddSingleton(database);
        services.TryAddSingleton<ChangeFeed>();
        services.AddSingleton<RunList>();
        return services;
    }

    /// <summary>The pages, their files and the reports, with the security headers on every answer.</summary>
    public static WebApplication MapLabelingUi(this WebApplication app)
    {
        SecurityHeaders.Use(app);
        app.UseStatusCodePagesWithReExecute("/not-found");
        app.UseRouting();
        app.UseAntiforgery();
        PageFiles.Map(app);
        ReportEndpoint.Map(app);
        EventsApi.Map(app);
        PipelinesApi.Map(app);
        app.MapRazorComponents<App>();
        return app;
    }
}

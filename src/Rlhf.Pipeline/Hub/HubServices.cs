using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Rlhf.Pipeline.Executors;
using Rlhf.Pipeline.Hub.Bus;
using Rlhf.Pipeline.Hub.Leases;
using Rlhf.Pipeline.Hub.Pipelines;
using Rlhf.Pipeline.Hub.Planning;
using Rlhf.Pipeline.Hub.Results;
using Rlhf.Pipeline.Hub.Waiting;
using Rlhf.Pipeline.Hub.Watch;
using Rlhf.Pipeline.Hub.Work;
using Rlhf.Pipeline.Runs;
using Rlhf.Storage;
using Rlhf.Storage.Changes;
using Rlhf.Storage.Datasets;
using Rlhf.Storage.Import;
using Rlhf.Storage.Labeling;
using Rlhf.Storage.Runs;

namespace Rlhf.Pipeline.Hub;

/// <summary>
/// The services of a hub and of an executor. Every program that is a hub is composed of these: serve,
/// pipeline run, the stage verbs, quickstart.
/// </summary>
public static class HubServices
{
    /// <summary>The hub of a home folder: plans runs, leases them, carries pipeline runs from stage to stage.</summary>
    /// <param name="services">The services of the host.</param>
    /// <param name="home">The home folder; this process holds its <see cref="HomeLock"/>.</param>
    /// <param name="database">Its database, disposed by the caller.</param>
    /// <param name="broker">Where workers are; null keeps messages in this process.</param>
    /// <param name="executor">What starts the processes of runs in this process; null leaves them to workers.</param>
    /// <param name="settings">Leases and attempts.</param>
    public static IServiceCollection AddPipelineHub(
        this IServiceCollection services, Home home, RlhfDatabase database, BusAddress? broker, ChildCommand? executor,
        HubSettings? settings = null)
    {
        services.AddSingleton(TimeProvider.System);
        services.AddSingleton(home);
        services.AddSingleton(database);
        services.AddSingleton(settings ?? new HubSettings());
        services.AddSingleton<ChangeFeed>();
        services.AddSingleton<DatabaseWatch>();
        services.AddSingleton<OutboxSignal>();
        services.AddSingleton<HubWorkSignal>();
        services.AddSingleton<StagePlanner>();
        services.AddSingleton<StageStarter>();
        services.AddSingleton<RunLedger>();
        services.AddSingleton<RunResults>();
        services.AddSingleton<RunRecovery>();
        services.AddSingleton<PipelineRuns>();
        services.AddSingleton<PipelineStarter>();
        services.AddSingleton(provider => new LabelingService(
            database, provider.GetRequiredService<TimeProvider>(), provider.GetRequiredService<ChangeFeed>()));
        services.AddSingleton(provider => new JudgmentImport(database, provider.GetRequiredService<TimeProvider>()));
        services.AddSingleton(provider => new DatasetVersions(database, provider.GetRequiredService<TimeProvider>()));
        services.AddSingleton<DatasetFiles>();
        services.AddSingleton<CandidateTasks>();
        services.AddSingleton<CollectWork>();
        services.AddSingleton(provider => new RunProjects(database, provider.GetRequiredService<TimeProvider>()));
        services.AddSingleton<StoppingRules>();
        services.AddSingleton<LabelWork>();

        services.AddPipelineBus(broker, home.Id, hub: true, executor: executor is not null);
        // After the bus, which must run before they do.
        services.AddLoop<PlanningLoop>();
        services.AddLoop<ResultLoop>();
        services.AddLoop<EndingLoop>();
        services.AddHostedService<OutboxSender>();
        services.AddHostedService<PipelineRecovery>();
        services.AddHostedService<LeaseWatch>();
        services.AddHostedService<HubWorker>();
        services.AddHostedService<WaitingRuns>();
        services.AddHostedService<PipelineChanges>();
        if (executor is not null)
            services.AddExecutor(home, executor, insideHub: true);
        else
            services.AddHostedService<WorkerWatch>();
        return services;
    }

    /// <summary>A worker: it executes what a hub plans, and opens no database but those of its runs.</summary>
    public static IServiceCollection AddPipelineWorker(this IServiceCollection services, Home home, BusAddress broker, ChildCommand command)
    {
        services.AddSingleton(TimeProvider.System);
        services.AddPipelineBus(broker, home.Id, hub: false, executor: true);
        return services.AddExecutor(home, command, insideHub: false);
    }

    /// <summary>Warnings and errors on standard error; what goes wrong on the bus is among them.</summary>
    public static ILoggingBuilder AddHubLogging(this ILoggingBuilder logging, LogLevel level)
    {
        logging.ClearProviders();
        logging.SetMinimumLevel(level);
        // The hosting libraries tell at "information" what nobody asked for.
        logging.AddFilter("Microsoft", level > LogLevel.Debug ? LogLevel.Warning : level);
        logging.AddFilter("MassTransit", level > LogLevel.Debug ? LogLevel.Warning : level);
        logging.AddProvider(new StandardErrorLog(level));
        return logging;
    }

    private static IServiceCollection AddExecutor(this IServiceCollection services, Home home, ChildCommand command, bool insideHub)
    {
        services.AddSingleton(new ExecutorSettings(ExecutorSettings.DefaultName(insideHub), home, command));
        services.AddSingleton<WorkSignal>();
        return services.AddHostedService<RunExecutor>();
    }

    private static void AddLoop<T>(this IServiceCollection services) where T : class, Microsoft.Extensions.Hosting.IHostedService
    {
        services.AddSingleton<T>();
        services.AddHostedService(provider => provider.GetRequiredService<T>());
    }
}

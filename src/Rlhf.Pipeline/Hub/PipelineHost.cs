using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Rlhf.Pipeline.Executors;
using Rlhf.Pipeline.Runs;
using Rlhf.Storage;
using Rlhf.Storage.Datasets;
using Rlhf.Storage.Import;
using Rlhf.Storage.Labeling;

namespace Rlhf.Pipeline.Hub;

/// <summary>The composition of a hub, of a worker, and of both in one process.</summary>
public static class PipelineHost
{
    /// <summary>A hub: it plans, and without a broker it also executes.</summary>
    public static IHost Hub(Home home, RlhfDatabase database, BusAddress? broker, ChildCommand command, HubSettings? settings = null)
    {
        var builder = Create();
        AddHub(builder.Services, home, database, settings ?? new HubSettings());
        bool executes = broker is null;
        builder.Services.AddPipelineBus(broker, hub: true, executor: executes);
        AddHubLoops(builder.Services);
        if (executes)
            AddExecutor(builder.Services, home, command, executorOfHub: true);
        return builder.Build();
    }

    /// <summary>A worker: it executes what a hub plans, and opens no database but those of its runs.</summary>
    public static IHost Worker(Home home, BusAddress broker, ChildCommand command)
    {
        var builder = Create();
        builder.Services.AddPipelineBus(broker, hub: false, executor: true);
        AddExecutor(builder.Services, home, command, executorOfHub: false);
        return builder.Build();
    }

    private static HostApplicationBuilder Create()
    {
        // Neither the current folder's appsettings nor its environment variables have a say in this.
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings { DisableDefaults = true });
        // What goes wrong on the bus is told where it has consequences: a broker that does not answer, a run that fails.
        builder.Logging.AddFilter("MassTransit", LogLevel.None);
        builder.Logging.AddFilter("Microsoft", LogLevel.None);
        builder.Logging.AddProvider(new StandardErrorLog());
        builder.Services.AddSingleton(TimeProvider.System);
        builder.Services.Configure<HostOptions>(o => o.ShutdownTimeout = TimeSpan.FromSeconds(20));
        return builder;
    }

    private static void AddHub(IServiceCollection services, Home home, RlhfDatabase database, HubSettings settings)
    {
        services.AddSingleton(home);
        services.AddSingleton(database);
        services.AddSingleton(settings);
        services.AddSingleton<OutboxSignal>();
        services.AddSingleton<HubWorkSignal>();
        services.AddSingleton<StagePlanner>();
        services.AddSingleton<StageStarter>();
        services.AddSingleton<PlanningQueue>();
        services.AddSingleton<RunLedger>();
        services.AddSingleton<RunResults>();
        services.AddSingleton<RunRecovery>();
        services.AddSingleton<PipelineRuns>();
        services.AddSingleton(provider => new LabelingService(database, provider.GetRequiredService<TimeProvider>()));
        services.AddSingleton(provider => new JudgmentImport(database, provider.GetRequiredService<TimeProvider>()));
        services.AddSingleton(provider => new DatasetVersions(database, provider.GetRequiredService<TimeProvider>()));
        services.AddSingleton<DatasetFiles>();
        services.AddSingleton<CollectWork>();
    }

    /// <summary>After the bus, which must run before they do.</summary>
    private static void AddHubLoops(IServiceCollection services)
    {
        services.AddHostedService(provider => provider.GetRequiredService<PlanningQueue>());
        services.AddHostedService<OutboxSender>();
        services.AddHostedService<PipelineRecovery>();
        services.AddHostedService<LeaseWatch>();
        services.AddHostedService<HubWorker>();
    }

    private static void AddExecutor(IServiceCollection services, Home home, ChildCommand command, bool executorOfHub)
    {
        services.AddSingleton(new ExecutorSettings(ExecutorSettings.DefaultName(insideHub: executorOfHub), home, command));
        services.AddSingleton<WorkSignal>();
        services.AddHostedService<RunExecutor>();
    }
}

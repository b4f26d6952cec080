using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Rlhf.Core.Options;
using Rlhf.Definitions.Pipelines;
using Rlhf.Pipeline.Hub;
using Rlhf.Pipeline.Hub.Bus;
using Rlhf.Pipeline.Runs;
using Rlhf.Storage;
using Rlhf.Storage.Changes;
using Rlhf.Storage.Entities;
using Rlhf.Storage.Runs;
using Rlhf.Testing;

namespace Rlhf.Pipeline.Tests.Hub;

/// <summary>
/// A hub as every program composes it, without its pages: bus in memory unless a broker is named, real database, real child processes.
/// </summary>
internal sealed class TestHub : IAsyncDisposable
{
    private readonly IHost _host;

    private TestHub(IHost host, RlhfDatabase database) => (_host, Database) = (host, database);

    public RlhfDatabase Database { get; }

    public IServiceProvider Services => _host.Services;

    public PipelineRuns Runs => Services.GetRequiredService<PipelineRuns>();

    public static async Task<TestHub> StartAsync(
        Home home, ChildCommand? command, HubSettings? settings = null, Action<IServiceCollection>? configure = null,
        BusAddress? broker = null)
    {
        var database = await RlhfDatabase.OpenAsync(home.Database, Xunit.TestContext.Current.CancellationToken);
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings { DisableDefaults = true });
        builder.Logging.AddHubLogging(LogLevel.Critical);
        builder.Services.AddPipelineHub(home, database, broker, command, settings);
        configure?.Invoke(builder.Services);
        var host = builder.Build();
        await host.StartAsync(Xunit.TestContext.Current.CancellationToken);
        return new TestHub(host, database);
    }

    public Task<Guid> StartPipelineAsync(params PipelineStage[] stages)
    {
        var pipeline = new PipelineFile { Name = "test", Stages = stages };
        return Runs.StartAsync(pipeline.Name, pipeline.ToJson(), "rlhf test", "tests", Xunit.TestContext.Current.CancellationToken);
    }

    /// <summary>A stage that needs nothing but a text file.</summary>
    public static PipelineStage TextStage(TemporaryFolder place)
    {
        File.WriteAllText(place["corpus.txt"], "one\n<|endoftext|>\ntwo\n");
        return new PipelineStage(RunKinds.Pretrain, new PretrainOptions { Corpus = place["corpus.txt"] });
    }

    /// <summary>Waits until the pipeline run has ended.</summary>
    public Task<PipelineStatus> EndOfAsync(Guid id) => WaitLimit.ApplyAsync($"the end of pipeline run {id}", async stop =>
    {
        var feed = Services.GetRequiredService<ChangeFeed>();
        long latest = feed.Latest;
        if (await Runs.GetAsync(id, stop) is { HasEnded: true } already)
            return already;
        await foreach (var change in feed.SubscribeAsync(latest, stop))
        {
            if (change.PipelineRunId == id && await Runs.GetAsync(id, stop) is { HasEnded: true } status)
                return status;
        }
        throw new InvalidOperationException("the feed ended");
    });

    /// <summary>A row of a run.</summary>
    public async Task<Run> RunAsync(Guid run)
    {
        await using var context = Database.OpenReadContext();
        return await context.Runs.SingleAsync(r => r.Id == run, Xunit.TestContext.Current.CancellationToken);
    }

    public async ValueTask DisposeAsync()
    {
        await _host.StopAsync(CancellationToken.None);
        _host.Dispose();
        Database.Dispose();
    }
}

using MassTransit;
using MassTransit.Events;
using MassTransit.Metadata;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Rlhf.Contracts;
using Rlhf.Definitions.Pipelines;
using Rlhf.Pipeline.Runs;
using Rlhf.Pipeline.Tests.Runs;
using Rlhf.Storage;
using Rlhf.Storage.Entities;
using Rlhf.Testing;

namespace Rlhf.Pipeline.Tests.Hub.Bus;

/// <summary>Consumers that fail, because a trigger of the database refuses what they write.</summary>
public sealed class FailingConsumerTests : IDisposable
{
    private const string Refused = """
        echo '{"type":"error","message":"no"}'
        exit 2
        """;

    private const string DamagedRun = """
        CREATE TRIGGER damaged BEFORE UPDATE ON Runs WHEN NEW.Reason = 'no' BEGIN SELECT RAISE(ABORT, 'the row is damaged'); END
        """;

    private const string DamagedPipelineRun = """
        CREATE TRIGGER damaged BEFORE UPDATE ON PipelineRuns WHEN NEW.Reason = 'pretrain: no'
        BEGIN SELECT RAISE(ABORT, 'the row is damaged'); END
        """;

    private const string Reason = "Microsoft.Data.Sqlite.SqliteException: SQLite Error 19: 'the row is damaged'.";

    private readonly TemporaryFolder _place = new();
    private readonly RecordingLog _log = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        _log.Dispose();
        _place.Dispose();
    }

    [Fact]
    public async Task A_consumer_that_fails_once_is_tried_again_and_the_run_goes_on()
    {
        using var failed = new SemaphoreSlim(0);
        await using var hub = await StartAsync(ShellChild.Script(_place, Refused));
        await ExecuteAsync(hub, DamagedRun);
        hub.Database.WriteFailed += _ => failed.Release();
        var id = await hub.StartPipelineAsync(Text());
        Assert.True(await failed.WaitAsync(WaitLimit.Patience, Cancellation), "the end of the run is not written");
        await ExecuteAsync(hub, "DROP TRIGGER damaged");
        var end = await hub.EndOfAsync(id);

        Assert.Equal((RunState.Failed, "pretrain: no"), (end.State, end.Reason));
        // A message that is lost would end the attempt by its lease only, and there would be a second one.
        Assert.Equal((1, FailureKind.Refused), (end.Runs[0].Attempt, end.Runs[0].FailureKind));
        Assert.DoesNotContain(_log.Lines, line => line.Contains("could not be", StringComparison.Ordinal));
    }

    [Fact]
    public async Task What_fails_again_and_again_ends_its_pipeline_run_with_the_reason_and_is_logged()
    {
        await using var hub = await StartAsync(ShellChild.Script(_place, Refused));
        await ExecuteAsync(hub, DamagedPipelineRun);
        var id = await hub.StartPipelineAsync(Text());
        var end = await hub.EndOfAsync(id);

        Assert.Equal((RunState.Failed, $"PipelineFailed could not be handled: {Reason}"), (end.State, end.Reason));
        Assert.Contains($"PipelineFailed of pipeline run {id} failed, also when it was tried again: {Reason}", _log.Lines);
    }

    [Fact]
    public async Task Why_a_run_ended_is_logged_where_it_cannot_be_saved()
    {
        await using var hub = await StartAsync(ShellChild.Script(_place, Refused));
        await ExecuteAsync(hub, DamagedRun);
        var id = await hub.StartPipelineAsync(Text());
        string line = $"Run {RunIds.ForStage(id, 0)} ended (no), which could not be saved: {Reason}";
        await WaitLimit.UntilAsync($"the line \"{line}\"", _ => Task.FromResult(_log.Lines), lines => lines.Contains(line));
    }

    [Fact]
    public async Task Every_message_of_a_pipeline_run_ends_it_when_it_cannot_be_handled()
    {
        // Without an executor nothing else ends a pipeline run.
        await using var hub = await StartAsync(command: null);
        await EndsAsync(hub, id => new StartPipeline(id, [RunKinds.Pretrain]));
        await EndsAsync(hub, id => new StartStage(id, RunIds.ForStage(id, 0), RunKinds.Pretrain));
        await EndsAsync(hub, id => new StageCompleted(id, RunIds.ForStage(id, 0), RunKinds.Pretrain));
        await EndsAsync(hub, id => new StageFailed(id, RunIds.ForStage(id, 0), "no"));
        await EndsAsync(hub, id => new PipelineCompleted(id));
        await EndsAsync(hub, id => new PipelineFailed(id, "no"));
    }

    private async Task EndsAsync<T>(TestHub hub, Func<Guid, T> message) where T : class
    {
        var id = await hub.StartPipelineAsync(Text());
        // As MassTransit publishes it.
        var error = new ArgumentException("no", new IOException("full"));
        await hub.Services.GetRequiredService<IBus>().Publish<Fault<T>>(
            new FaultEvent<T>(message(id), Guid.NewGuid(), HostMetadataCache.Host, error, []), Cancellation);
        var end = await hub.EndOfAsync(id);
        Assert.Equal((RunState.Failed, $"{typeof(T).Name} could not be handled: System.IO.IOException: full"), (end.State, end.Reason));
    }

    private Task<TestHub> StartAsync(ChildCommand? command) => TestHub.StartAsync(
        Home.Open(_place["home"]), command,
        configure: services => services.AddLogging(logging => logging.SetMinimumLevel(LogLevel.Warning).AddProvider(_log)));

    private static async Task ExecuteAsync(TestHub hub, string sql) =>
        await hub.Database.WriteAsync(context => context.Database.ExecuteSqlRawAsync(sql, Cancellation), Cancellation);

    private PipelineStage Text() => TestHub.TextStage(_place);
}

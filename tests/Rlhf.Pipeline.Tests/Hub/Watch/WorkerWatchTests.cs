using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Logging;
using Rlhf.Pipeline.Hub.Watch;
using Rlhf.Pipeline.Runs;
using Rlhf.Storage;
using Rlhf.Storage.Changes;
using Rlhf.Storage.Entities;
using Rlhf.Testing;

namespace Rlhf.Pipeline.Tests.Hub.Watch;

/// <summary>A hub without a worker says so. The clock is set by hand, and so are the rows.</summary>
public sealed class WorkerWatchTests : IAsyncLifetime
{
    private readonly TemporaryFolder _place = new();
    private readonly SetClock _clock = new();
    private readonly RecordingLog _log = new();
    private ILoggerFactory _loggers = null!;
    private RlhfDatabase _database = null!;
    private ChangeFeed _changes = null!;
    private WorkerWatch _watch = null!;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    private Home Home => Home.Open(_place["home"]);

    public async ValueTask InitializeAsync()
    {
        _database = await RlhfDatabase.OpenAsync(Home.Database, Stop);
        _loggers = LoggerFactory.Create(logging => logging.AddProvider(_log));
        _changes = new ChangeFeed(_clock);
        _watch = new WorkerWatch(Home, _database, _changes, _clock, _loggers.CreateLogger<WorkerWatch>());
    }

    public ValueTask DisposeAsync()
    {
        _watch.Dispose();
        _loggers.Dispose();
        _database.Dispose();
        _place.Dispose();
        return ValueTask.CompletedTask;
    }

    [Fact]
    public async Task A_run_that_nobody_takes_is_told_of_after_five_seconds_and_again_every_minute()
    {
        var run = await AddAsync(RunKinds.Ppo, RunState.Queued);
        await LookForAsync(4);
        Assert.Empty(_log.Lines);
        await LookForAsync(2);
        Assert.Equal(
            $"no worker has taken run {run} (ppo) yet; start one on this home folder and bus: "
            + $"rlhf worker --bus ADDRESS --home {Home.Root}",
            Assert.Single(_log.Lines));
        await LookForAsync(58);
        Assert.Single(_log.Lines);
        await LookForAsync(3);
        Assert.Equal(2, _log.Lines.Count);
    }

    [Fact]
    public async Task Those_who_follow_the_run_read_it_too()
    {
        long before = _changes.Latest;
        var pipeline = Guid.CreateVersion7();
        var run = await AddAsync(RunKinds.Ppo, RunState.Queued, pipeline);
        await LookForAsync(7);
        Assert.Equal(before + 1, _changes.Latest);
        await using var published = _changes.SubscribeAsync(before, Stop).GetAsyncEnumerator(Stop);
        Assert.True(await published.MoveNextAsync());
        var notice = published.Current;
        Assert.Equal((ChangeTypes.HubNotice, pipeline, run), (notice.Type, notice.PipelineRunId, notice.RunId));
        Assert.Equal(_log.Lines[0], notice.Payload["text"]!.GetValue<string>());
    }

    [Fact]
    public async Task A_worker_that_is_busy_is_not_missing_and_one_that_dies_is()
    {
        await AddAsync(RunKinds.Reward, RunState.Queued);
        var run = await AddAsync(RunKinds.Candidates, RunState.Running);
        await LookForAsync(100);
        Assert.Empty(_log.Lines);

        // Its worker was killed and the lease ran out: it is the older of the two, and waits again.
        await SetAsync(run, RunState.Queued);
        await LookForAsync(4);
        Assert.Empty(_log.Lines);
        await LookForAsync(2);
        Assert.Contains($"run {run} (candidates)", Assert.Single(_log.Lines), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Work_that_the_hub_does_itself_needs_no_worker()
    {
        await AddAsync(RunKinds.Collect, RunState.Queued);
        await AddAsync(RunKinds.Label, RunState.Running);
        await LookForAsync(20);
        Assert.Empty(_log.Lines);

        // And it keeps no worker busy.
        await AddAsync(RunKinds.Sft, RunState.Queued);
        await LookForAsync(7);
        Assert.Contains("(sft)", Assert.Single(_log.Lines), StringComparison.Ordinal);
    }

    private async Task LookForAsync(int seconds)
    {
        for (int second = 0; second < seconds; second++)
        {
            await _watch.LookAsync(Stop);
            _clock.Advance(1);
        }
    }

    /// <summary>Runs are made one before the other: the last one added is the oldest.</summary>
    private async Task<Guid> AddAsync(string kind, RunState state, Guid? pipelineRun = null)
    {
        int younger;
        await using (var context = _database.OpenReadContext())
            younger = await context.Runs.CountAsync(Stop);
        var run = new Run
        {
            PipelineRunId = pipelineRun,
            Kind = kind,
            State = state,
            Options = "{}",
            Created = _clock.GetUtcNow().AddHours(-younger),
        };
        await _database.WriteAsync(context =>
        {
            if (pipelineRun is { } id)
                context.PipelineRuns.Add(new PipelineRun { Id = id, Name = "test", Definition = "{}", Created = run.Created });
            context.Runs.Add(run);
            return Task.CompletedTask;
        }, Stop);
        return run.Id;
    }

    private Task<int> SetAsync(Guid run, RunState state) => _database.WriteAsync(
        context => context.Runs.Where(r => r.Id == run).ExecuteUpdateAsync(set => set.SetProperty(r => r.State, state), Stop), Stop);
}

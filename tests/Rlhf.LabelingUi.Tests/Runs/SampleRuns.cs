using Rlhf.Storage;
using Rlhf.Storage.Entities;

namespace Rlhf.LabelingUi.Tests.Runs;

/// <summary>Runs in every state, written to the database as the hub writes them.</summary>
internal static class SampleRuns
{
    public const string Hostile = "</h2><script>window.hostile = 1</script>{{1}}\u2028<img src=x onerror=alert(1)>";

    public static readonly DateTimeOffset Start = new(2026, 11, 24, 9, 30, 0, TimeSpan.Zero);

    public static Task AddAsync(RlhfDatabase database, params (PipelineRun Pipeline, Run[] Stages)[] rows) => database.WriteAsync(async context =>
    {
        foreach (var (pipeline, stages) in rows)
        {
            await context.AddAsync(pipeline);
            await context.AddRangeAsync(stages);
        }
    });

    public static (PipelineRun, Run[]) Done(DateTimeOffset start)
    {
        var pipeline = Pipeline("quickstart", RunState.Succeeded, start, start.AddSeconds(196.4));
        return (pipeline,
        [
            Stage(pipeline, "candidates", RunState.Succeeded, start.AddSeconds(1), 31.4, 612_000_000),
            Stage(pipeline, "collect", RunState.Succeeded, start.AddSeconds(33), 2.1, null),
            Stage(pipeline, "reward", RunState.Succeeded, start.AddSeconds(36), 48.9, 1_100_000_000),
            Stage(pipeline, "ppo", RunState.Succeeded, start.AddSeconds(86), 96.2, 1_930_000_000),
            Stage(pipeline, "evaluate", RunState.Succeeded, start.AddSeconds(183), 13.1, 840_000_000),
        ]);
    }

    public static (PipelineRun, Run[]) Failed(DateTimeOffset start)
    {
        var pipeline = Pipeline(Hostile, RunState.Failed, start, start.AddSeconds(40), "reward: its process was ended by signal 9");
        return (pipeline,
        [
            Stage(pipeline, "candidates", RunState.Succeeded, start.AddSeconds(1), 30, 612_000_000),
            Stage(pipeline, "reward", RunState.Failed, start.AddSeconds(32), 8, null),
        ]);
    }

    public static (PipelineRun, Run[]) AtWork(DateTimeOffset start)
    {
        var pipeline = Pipeline("own-policy", RunState.Running, start, null);
        return (pipeline,
        [
            Stage(pipeline, "candidates", RunState.Succeeded, start.AddSeconds(1), 30, 612_000_000),
            Stage(pipeline, "reward", RunState.Running, start.AddSeconds(32), null, null),
            Stage(pipeline, "ppo", RunState.Queued, null, null, null),
        ]);
    }

    private static PipelineRun Pipeline(string name, RunState state, DateTimeOffset created, DateTimeOffset? ended, string? reason = null) =>
        new() { Name = name, Definition = "{}", State = state, Reason = reason, Created = created, Ended = ended };

    private static Run Stage(PipelineRun pipeline, string kind, RunState state, DateTimeOffset? started, double? seconds, long? peak) => new()
    {
        PipelineRunId = pipeline.Id,
        Kind = kind,
        State = state,
        Options = "{}",
        Created = started ?? pipeline.Created.AddHours(1),
        Started = started,
        Ended = seconds is { } took ? started!.Value.AddSeconds(took) : null,
        PeakBytes = peak,
    };
}

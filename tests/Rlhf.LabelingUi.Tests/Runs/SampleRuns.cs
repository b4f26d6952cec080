using System.Globalization;
using Rlhf.Storage;
using Rlhf.Storage.Entities;
using Rlhf.Storage.Runs;

namespace Rlhf.LabelingUi.Tests.Runs;

/// <summary>Runs in every state, written to the database as the hub writes them.</summary>
internal static class SampleRuns
{
    public const string Hostile = "</h2><script>window.hostile = 1</script>{{1}}\u2028<img src=x onerror=alert(1)>";

    public static readonly DateTimeOffset Start = new(2026, 11, 24, 9, 30, 0, TimeSpan.Zero);

    public static Task AddAsync(RlhfDatabase database, params (PipelineRun Pipeline, Run[] Stages)[] rows) =>
        database.WriteAsync(async context =>
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

    /// <summary>A pipeline run of one stage in some state.</summary>
    public static (PipelineRun, Run[]) InState(DateTimeOffset start, RunState state, FailureKind? failure, string? reason = null)
    {
        var pipeline = Pipeline("states", state, start, null, reason);
        var stage = Stage(pipeline, "ppo", state, start, null, null);
        (stage.FailureKind, stage.Reason) = (failure, reason);
        return (pipeline, [stage]);
    }

    /// <summary>
    /// A reward run at its second attempt, after a first one that crashed, with options, numbers, samples, logs and lineage, as the
    /// hub and its executor leave it.
    /// </summary>
    public static async Task<Run> AddRewardRunAsync(Home home, RlhfDatabase database)
    {
        var pipeline = new PipelineRun
        {
            Name = "own-policy",
            Definition =
                """{"name":"own-policy","description":"Learns to be brief.","seed":7,"stages":[{"kind":"candidates"},{"kind":"reward"},{"kind":"ppo"}]}""",
            State = RunState.Running,
            Created = Start,
            Command = "rlhf pipeline run own-policy.yaml --set seed=7",
        };
        var dataset = new DatasetVersion
        {
            Name = new string('d', 64),
            Manifest = "{}",
            Annotations = 1600,
            SimulatedAnnotations = 1600,
            Prompts = 400,
        };
        var candidates = Stage(pipeline, "candidates", RunState.Succeeded, Start.AddSeconds(1), 30, 612_000_000);
        var reward = new Run
        {
            PipelineRunId = pipeline.Id,
            Kind = "reward",
            State = RunState.Succeeded,
            Options = """{"device":"auto","dtype":"auto","threads":0,"seed":7,"learningRate":0.0005,"epochs":2}""",
            Result = """{"accuracy":0.7125,"pairs":9600,"best":true,"curve":[1,2],"note":{"text":"held-out"}}""",
            Attempt = 2,
            SucceededAttempt = 2,
            DatasetVersionId = dataset.Id,
            Executor = "worker-1",
            Created = Start.AddSeconds(32),
            Started = Start.AddSeconds(33),
            Ended = Start.AddSeconds(75),
            PeakBytes = 1_100_000_000,
        };
        var policy = new Checkpoint
        {
            Kind = CheckpointKind.Policy,
            Path = "runs/x/model",
            Sha256 = new string('a', 64),
            RunId = candidates.Id,
        };
        var model = new Checkpoint
        {
            Kind = CheckpointKind.Reward,
            Path = "runs/y/model",
            Sha256 = new string('b', 64),
            RunId = reward.Id,
            DatasetVersionId = dataset.Id,
        };
        model.Parents.Add(new CheckpointParent { CheckpointId = model.Id, ParentId = policy.Id, Role = "policy" });
        await database.WriteAsync(context =>
        {
            context.Add(pipeline);
            context.Add(dataset);
            context.AddRange(candidates, reward);
            context.Add(policy);
            context.Add(model);
            return Task.CompletedTask;
        });
        for (int attempt = 1; attempt <= 2; attempt++)
        {
            string folder = Path.Combine(home.RunFolder(reward.Id), "attempts", attempt.ToString(CultureInfo.InvariantCulture));
            using (var writer = new RunMetricsWriter(Path.Combine(folder, "run.db")))
            {
                for (int step = 1; step <= 300 * attempt; step++)
                {
                    writer.Metrics(step, new Dictionary<string, double>
                    {
                        ["loss/train"] = 0.7 * Math.Exp(-step / 300.0) + (0.02 * Math.Sin(step * 1.7)) + 0.3,
                        ["accuracy/train"] = 0.5 + (0.3 * (1 - Math.Exp(-step / 200.0))),
                        ["margin/train"] = step == 17 ? double.NaN : step * 0.004,
                        ["lr"] = 5e-4 * (1 - (step / 600.0)),
                    });
                }
                writer.Samples(
                    [new RunSample(300 * attempt, 0, "Once upon a time", Hostile, new Dictionary<string, double> { ["score"] = 1.25 })]);
            }
            await File.WriteAllTextAsync(
                Path.Combine(folder, "run.log"),
                attempt == 1 ? "loading\n\u001b[31mterminate called: out of memory\u001b[0m\n" : "loading\nall is well\n");
        }
        return reward;
    }

    private static PipelineRun Pipeline(
        string name, RunState state, DateTimeOffset created, DateTimeOffset? ended, string? reason = null) =>
        new() { Name = name, Definition = "{}", State = state, Reason = reason, Created = created, Ended = ended };

    private static Run Stage(PipelineRun pipeline, string kind, RunState state, DateTimeOffset? started, double? seconds, long? peak) =>
        new()
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

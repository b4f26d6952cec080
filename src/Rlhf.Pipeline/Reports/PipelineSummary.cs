using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using Rlhf.Pipeline.Hub.Pipelines;
using Rlhf.Pipeline.Hub.Work;
using Rlhf.Pipeline.Runs;
using Rlhf.Pipeline.Stages;
using Rlhf.Storage;
using Rlhf.Storage.Entities;

namespace Rlhf.Pipeline.Reports;

/// <summary>
/// The result of a pipeline run in one object, as <c>--json</c> prints it: snake_case names, absolute
/// paths, null for what was not part of the run.
/// </summary>
public sealed record PipelineSummary
{
    private static readonly JsonSerializerOptions Settings = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
    };

    /// <summary>Trained against starting policy by the gold reward, 95 % interval clustered by prompt.</summary>
    public Estimate? WinRate { get; init; }

    public AccuracySummary? RewardAccuracy { get; init; }

    /// <summary>"The shorter one wins" on the pairs that the reward accuracy is measured on.</summary>
    public Estimate? ShorterWins { get; init; }

    /// <summary>Warnings of the stages about their results.</summary>
    public IReadOnlyList<string> Warnings { get; init; } = [];

    /// <summary>How many completions the gold rewards and distinct-2 are of, for each policy.</summary>
    public int? EvaluatedCompletions { get; init; }

    /// <summary>Mean KL of a completion to the starting policy, nats.</summary>
    public double? Kl { get; init; }

    public double? GoldBefore { get; init; }

    public double? GoldAfter { get; init; }

    /// <summary>Distinct-2 of the completions.</summary>
    public BeforeAfter? Distinct { get; init; }

    /// <summary>The share of completions that differ from each other.</summary>
    public BeforeAfter? Different { get; init; }

    public double Seconds { get; init; }

    /// <summary>The most resident memory of all processes together.</summary>
    public long PeakBytes { get; init; }

    public string? Policy { get; init; }

    public string? StartPolicy { get; init; }

    public string? RewardModel { get; init; }

    public string? GoldReward { get; init; }

    /// <summary>Lines of {prompt, before, after, gold_before, gold_after}.</summary>
    public string? Evaluation { get; init; }

    public string? Rankings { get; init; }

    /// <summary>What the collect stage took in and left out.</summary>
    public CollectSummary? Collected { get; init; }

    public string? Candidates { get; init; }

    /// <summary>The labeling project that the last label stage has opened.</summary>
    public Guid? LabelingProject { get; init; }

    public string? Report { get; init; }

    /// <summary>The folder of the last run.</summary>
    public required string Run { get; init; }

    public required Guid PipelineRun { get; init; }

    public ulong Seed { get; init; }

    /// <summary>What single stages came to, in their order, for people: other programs read the result of each run.</summary>
    [JsonIgnore]
    public IReadOnlyList<Finding> Findings { get; init; } = [];

    public string ToJson() => JsonSerializer.Serialize(this, Settings);

    /// <summary>What the folders of the runs say.</summary>
    public static PipelineSummary Create(PipelineOutcome outcome, Home home)
    {
        AttemptFolder? Folder(string kind) => outcome.RunOf(kind) is { } run
            ? new RunFolder(home.RunFolder(run.Id)).Attempt(run.Attempt)
            : null;
        var reward = Folder(RunKinds.Reward);
        var evaluation = Folder(RunKinds.Evaluate);
        var measured = reward?.ReadResult<RewardStageResult>().HeldOut;
        var compared = evaluation?.ReadResult<EvaluationReport>();
        var collected = CollectedRankings.Find(outcome, home);
        return new PipelineSummary
        {
            WinRate = compared?.WinRate,
            RewardAccuracy = measured is null
                ? null
                : new AccuracySummary(measured.Accuracy.Value, measured.Accuracy.Low, measured.Accuracy.High, measured.Ceiling),
            ShorterWins = measured?.ShorterWins,
            Warnings = [.. outcome.Runs.Select(run => new RunFolder(home.RunFolder(run.Id)).Attempt(run.Attempt))
                .SelectMany(StageWarnings.Read).Distinct(StringComparer.Ordinal)],
            EvaluatedCompletions = compared?.Completions,
            Kl = compared?.Kl.Value,
            GoldBefore = compared?.GoldBefore,
            GoldAfter = compared?.GoldAfter,
            Distinct = compared is null ? null : new BeforeAfter(compared.DistinctBefore, compared.DistinctAfter),
            Different = compared is null ? null : new BeforeAfter(compared.DifferentBefore, compared.DifferentShare),
            Seconds = outcome.Seconds,
            PeakBytes = outcome.PeakBytes,
            Policy = (Folder(RunKinds.Ppo) ?? Folder(RunKinds.Sft) ?? Folder(RunKinds.Pretrain))?.ModelFolder
                ?? evaluation?.Run.TryInput(InputNames.TrainedPolicy),
            StartPolicy = (evaluation ?? Folder(RunKinds.Ppo) ?? Folder(RunKinds.Candidates) ?? Folder(RunKinds.Sft) ?? reward)
                ?.Run.TryInput(InputNames.Policy),
            RewardModel = reward?.ModelFolder,
            GoldReward = compared?.GoldReward,
            Evaluation = evaluation?.EvaluationFile,
            Rankings = collected?.Attempt.RankingsFile,
            Collected = collected is null ? null : CollectSummary.Create(collected.Result),
            LabelingProject = Folder(RunKinds.Label)?.ReadResult<LabelResult>().Project,
            Candidates = Folder(RunKinds.Candidates)?.CandidatesFile,
            Run = home.RunFolder(outcome.Runs[^1].Id),
            PipelineRun = outcome.Id,
            Seed = outcome.Pipeline.Seed,
            Findings = [.. outcome.Runs.Where(run => run.State == RunState.Succeeded)
                .SelectMany(run => StageFindings.Read(run.Kind, new RunFolder(home.RunFolder(run.Id)).Attempt(run.Attempt)))],
        };
    }
}

/// <summary>Held-out accuracy with its 95 % interval; the ceiling is what the gold order reaches against the same noisy labels.</summary>
public sealed record AccuracySummary(double Value, double Low, double High, double? Ceiling);

/// <summary>What the collect stage took in; of imported files also how many lines there were, and which were left out.</summary>
/// <param name="Dataset">The name of the dataset version.</param>
/// <param name="UnusedWeights">Prompts of the file of weights that no ranking has.</param>
public sealed record CollectSummary(
    int Rankings, int HeldOut, string Dataset, int? Lines, int Known, int BadLines, string? FirstBadLine, int UnusedWeights = 0)
{
    public static CollectSummary Create(CollectResult result) => new(
        result.Rankings, result.HeldOut, result.Dataset, result.Lines, result.Known, result.BadLines, result.FirstBadLine,
        result.UnusedWeights);
}

/// <summary>One number of the starting and of the trained policy.</summary>
public sealed record BeforeAfter(double Before, double After);

namespace Rlhf.Pipeline.Reports;

/// <summary>A number with its 95 % interval.</summary>
public sealed record Estimate(double Value, double Low, double High);

/// <summary>One point of a curve.</summary>
public sealed record CurvePoint(double X, double Y);

/// <summary>A named curve, e.g. objective/kl over the updates.</summary>
public sealed record Curve(string Name, IReadOnlyList<CurvePoint> Points);

/// <summary>One bin of a reliability curve: mean confidence, share right with its interval, number of pairs.</summary>
public sealed record CalibrationBin(double Confidence, double Accuracy, double Low, double High, int Count);

/// <summary>Mean lengths in tokens and the share of completions that end by themselves.</summary>
public sealed record LengthSummary(double Mean, double P10, double P90, double EndedShare);

/// <summary>One held-out prompt with the completions of both policies, their gold reward and their reward-model score.</summary>
/// <remarks>GoldBefore and GoldAfter are NaN where there is no gold reward.</remarks>
public sealed record SampleRow(
    string Prompt, string Before, string After, double GoldBefore, double GoldAfter, double? RewardBefore = null,
    double? RewardAfter = null);

/// <summary>Who ranked the candidates.</summary>
/// <param name="ErrorRate">Probability that a simulated annotator turns a judgment round; null for people.</param>
public sealed record AnnotatorReport(int Count, bool Simulated, double? ErrorRate, int Rankings);

/// <summary>What is known of the reward model.</summary>
/// <param name="Accuracy">Share of held-out pairs that it orders as the annotators did.</param>
/// <param name="Ceiling">What the gold order reaches against the same labels; null where there is no gold reward.</param>
/// <param name="ShorterWins">What "the shorter one wins" reaches on the same pairs.</param>
/// <param name="CalibrationError">Expected calibration error of σ(Δ), equal-mass bins.</param>
public sealed record RewardReport(
    Estimate Accuracy, double? Ceiling, Estimate ShorterWins, double CalibrationError, IReadOnlyList<CalibrationBin> Bins, int Pairs,
    int Prompts)
{
    public const string ShorterWinsRule = "the shorter one wins";
    public const string LongerWins = "the longer one wins";

    /// <summary>Which of the two rules of length does better on these pairs.</summary>
    public string LengthRule { get; init; } = ShorterWinsRule;

    /// <summary>The accuracy less that rule's, pair by pair; null in results of earlier versions.</summary>
    public Estimate? LeadOverLength { get; init; }
}

/// <summary>The comparison of the trained policy with its start.</summary>
/// <param name="WinRate">By the gold reward, ties ½, interval clustered by prompt; null without a gold reward.</param>
/// <param name="Kl">Mean KL of a completion to the starting policy, nats.</param>
/// <param name="DifferentShare">Share of the trained policy's completions that differ from each other.</param>
public sealed record EvaluationReport(
    string? GoldReward,
    Estimate? WinRate,
    Estimate Kl,
    double? GoldBefore,
    double? GoldAfter,
    double? RewardBefore,
    double? RewardAfter,
    double DistinctBefore,
    double DistinctAfter,
    double DifferentBefore,
    double DifferentShare,
    LengthSummary LengthBefore,
    LengthSummary LengthAfter,
    int Prompts,
    int Completions,
    IReadOnlyList<SampleRow> Samples)
{
    /// <summary>What is wrong with the policies; nothing in results of earlier versions.</summary>
    public IReadOnlyList<string> Warnings { get; init; } = [];
}

/// <summary>One run of the pipeline: its kind, how long it took, its most resident bytes.</summary>
public sealed record StageReport(string Kind, Guid RunId, double Seconds, long PeakBytes, string Folder);

/// <summary>
/// All that the HTML report of a pipeline run shows. What was not part of the run is null.
/// </summary>
/// <param name="PpoCurves">By metric (objective/kl, objective/scores, objective/rlhf_reward …) over the updates.</param>
/// <param name="RewardCurves">By metric of the reward trainer over its steps.</param>
/// <param name="RewardOverRootKl">x: √KL, y: mean reward-model score; one point per update, in the order of the updates.</param>
/// <param name="GoldOverRootKl">The same with the gold reward, where it was measured during the training.</param>
public sealed record ReportData(
    string Title,
    ulong Seed,
    DateTimeOffset Created,
    string StartPolicy,
    string? Policy,
    string? RewardModel,
    RewardReport? Reward,
    EvaluationReport? Evaluation,
    IReadOnlyList<Curve> PpoCurves,
    IReadOnlyList<Curve> RewardCurves,
    IReadOnlyList<CurvePoint> RewardOverRootKl,
    IReadOnlyList<CurvePoint> GoldOverRootKl,
    IReadOnlyList<StageReport> Stages,
    double Seconds,
    long PeakBytes,
    IReadOnlyDictionary<string, string> Environment,
    string DefinitionYaml)
{
    /// <summary>Who ranked the candidates.</summary>
    public AnnotatorReport? Annotators { get; init; }

    /// <summary>
    /// SHA-256 of the model folders, by the reference that the report shows (the start policy, the policy, the reward model).
    /// </summary>
    public IReadOnlyDictionary<string, string> ModelHashes { get; init; } = new Dictionary<string, string>();

    /// <summary>Warnings of the stages about their results.</summary>
    public IReadOnlyList<string> Warnings { get; init; } = [];

    /// <summary>How many completions each point of <see cref="GoldOverRootKl"/> is the mean of: PPO's few evaluation prompts.</summary>
    public int GoldSamples { get; init; }

    /// <summary>The command that makes this run again.</summary>
    public string? Command { get; init; }
}

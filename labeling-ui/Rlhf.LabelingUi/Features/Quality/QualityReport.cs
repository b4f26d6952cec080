using Rlhf.Statistics;
using Rlhf.Statistics.Judgments;
using Rlhf.Statistics.Ranking;
using Rlhf.Storage.Entities;

namespace Rlhf.LabelingUi.Features.Quality;

/// <summary>How good the answers of a project are.</summary>
public sealed record QualityReport
{
    /// <summary>Normal tasks with an answer.</summary>
    public required int AnsweredTasks { get; init; }

    /// <summary>How many of them the statistics look at: all, or a random sample of a large project.</summary>
    public required int TasksUsed { get; init; }

    /// <summary>Completions of these that say which model they are.</summary>
    public required int SelfIdentifying { get; init; }

    /// <summary>One per question that can be compared.</summary>
    public required IReadOnlyList<QuestionQuality> Questions { get; init; }

    /// <summary>The share of gold tasks answered right, of all annotators.</summary>
    public required Interval GoldAccuracy { get; init; }

    /// <summary>The share of repeats answered like the first time, of all annotators.</summary>
    public required Interval RepeatAgreement { get; init; }

    /// <summary>Active seconds per task.</summary>
    public required Speed Speed { get; init; }

    /// <summary>The most rankings first.</summary>
    public required IReadOnlyList<AnnotatorQuality> Annotators { get; init; }

    /// <summary>Tasks whose annotators disagree and that nobody has adjudicated, the least agreement first; some hundred at most.</summary>
    public required IReadOnlyList<DisputedTask> Disputed { get; init; }

    public required DateTimeOffset Computed { get; init; }

    /// <summary>What the computation took, reading included.</summary>
    public double Seconds { get; init; }
}

/// <summary>The answers to one question.</summary>
/// <param name="ShownFirst">For rankings.</param>
/// <param name="Leaderboard">For rankings of completions from several policies.</param>
/// <param name="LeaderboardBlind">The same without completions that say which model they are, where there are any.</param>
public sealed record QuestionQuality(
    string Key, string Text, QuestionKind Kind, JudgmentAgreement Agreement, ShownFirst? ShownFirst, PolicyLeaderboard? Leaderboard,
    PolicyLeaderboard? LeaderboardBlind);

/// <summary>Bradley–Terry scores of policies.</summary>
/// <param name="Entries">Best first.</param>
/// <param name="Separation">Why the data alone gives no scores, where that is so: a prior then keeps them finite.</param>
public sealed record PolicyLeaderboard(IReadOnlyList<PolicyEntry> Entries, string? Separation, int SeparatedReplicates);

/// <summary>One policy of a leaderboard.</summary>
public sealed record PolicyEntry(string Policy, Interval Score, Interval Elo, int Comparisons, double? WinShare)
{
    internal static PolicyEntry Create(LeaderboardEntry entry, IReadOnlyList<string> policies) =>
        new(policies[entry.Item], entry.Score, entry.Elo, entry.Comparisons, entry.WinShare);
}

/// <summary>Active seconds per task: quartiles over the answers whose time is known.</summary>
public sealed record Speed(int Answers, double? LowerQuartile, double? Median, double? UpperQuartile);

/// <summary>One annotator.</summary>
/// <param name="Reliability">From the first ranking question; null where the project has none.</param>
/// <param name="ShownFirst">The share of pairs that the completion shown earlier won.</param>
public sealed record AnnotatorQuality(
    Guid Annotator, int Answers, AnnotatorReliability? Reliability, Interval ShownFirst, Interval Gold, Interval Repeats,
    double? MedianSeconds, MemberState? State);

/// <summary>A task whose annotators disagree.</summary>
/// <param name="Agreement">The share of equal outcomes over pairs of completions and of annotators.</param>
public sealed record DisputedTask(Guid Task, double Agreement, int Answers);

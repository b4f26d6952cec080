using System.Text.Json.Serialization;
using Rlhf.Core.Content;
using Rlhf.Storage.Entities;

namespace Rlhf.Storage.Exchange.Rankings;

/// <summary>The first line of an export: what was asked in which version, and who answered. Nothing in it is of the project
/// itself.</summary>
internal sealed record RankingsHeader(
    string Format, int FormatVersion, IReadOnlyList<VersionRecord> Versions, IReadOnlyList<AnnotatorRecord> Annotators)
{
    public const string Name = "rlhf.rankings";

    public const int CurrentVersion = 1;
}

internal sealed record VersionRecord(Guid Id, int Number, string Guidelines, IReadOnlyList<Question> Questions, DateTimeOffset Created);

/// <param name="Id">Random; nothing of the person.</param>
/// <param name="Excluded">Why their answers are left out of datasets; null where they count.</param>
internal sealed record AnnotatorRecord(Guid Id, bool Simulated, string? Description = null, string? Excluded = null);

/// <summary>A task with everything that was answered to it and decided about it.</summary>
internal sealed record TaskRecord(
    [property: JsonPropertyName("task")] Guid Id, TaskKind Kind, long Position, IReadOnlyList<Message>? Prompt,
    IReadOnlyList<CompletionRecord> Completions, DateTimeOffset Created, IReadOnlyList<AssignmentRecord> Assignments)
{
    public int? Overlap { get; init; }

    public string? SplitGroup { get; init; }

    /// <summary>What makes it this task, where that is not the hash of its content.</summary>
    public string? Key { get; init; }

    public Guid? Run { get; init; }

    public Guid? PipelineRun { get; init; }

    public Guid? ParentCompletion { get; init; }

    public GoldRecord? Gold { get; init; }

    public IReadOnlyList<ReviewRecord>? Reviews { get; init; }
}

internal sealed record CompletionRecord(Guid Id, IReadOnlyList<Message> Content)
{
    public IReadOnlyList<Message>? Context { get; init; }

    /// <summary>The policy that made it, in the home folder where it was made.</summary>
    public Guid? Checkpoint { get; init; }

    /// <summary>The sampling settings that made it, as JSON.</summary>
    public string? Sampling { get; init; }

    public IReadOnlyList<int>? Ids { get; init; }

    public IReadOnlyList<float>? LogProbs { get; init; }

    public SortedDictionary<string, double>? GoldScores { get; init; }
}

internal sealed record GoldRecord(Answers Answers, string? Explanation, DateTimeOffset Created);

internal sealed record AssignmentRecord(
    Guid Id, Guid Annotator, TaskKind Kind, int Round, AssignmentState State, DateTimeOffset Leased, DateTimeOffset Expires,
    IReadOnlyList<AnnotationRecord> Annotations)
{
    /// <summary>The number of the version that was shown.</summary>
    public int? Version { get; init; }

    public IReadOnlyList<int>? OrderShown { get; init; }

    public DateTimeOffset? Closed { get; init; }

    public string? SkipReason { get; init; }

    public bool? Correct { get; init; }
}

/// <param name="Version">The number of the version that was answered.</param>
internal sealed record AnnotationRecord(Guid Id, int Revision, int Version, Answers Answers, DateTimeOffset Created)
{
    public double? Seconds { get; init; }

    public double? ActiveSeconds { get; init; }
}

internal sealed record ReviewRecord(Guid Id, Guid Reviewer, ReviewDecision Decision, bool Latest, DateTimeOffset Created)
{
    public Guid? Annotation { get; init; }

    public Answers? Answers { get; init; }

    public string? Feedback { get; init; }
}

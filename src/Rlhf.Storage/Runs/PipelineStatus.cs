using Microsoft.EntityFrameworkCore;
using Rlhf.Storage.Entities;

namespace Rlhf.Storage.Runs;

/// <summary>Where a pipeline run stands, as the API and the command line tell it.</summary>
/// <param name="Definition">The resolved pipeline as JSON; null in lists.</param>
/// <param name="Command">The command that makes the same result again; null where it was started otherwise.</param>
/// <param name="Kinds">The kinds of all stages, those that have no run yet included.</param>
/// <param name="Runs">The runs in the order of the stages.</param>
public sealed record PipelineStatus(
    Guid Id, string Name, RunState State, string? Reason, DateTimeOffset Created, DateTimeOffset? Ended,
    string? Definition, string? Command, IReadOnlyList<string> Kinds, IReadOnlyList<RunStatus> Runs)
{
    /// <summary>Whether nothing more happens by itself.</summary>
    public bool HasEnded => State is RunState.Succeeded or RunState.Failed or RunState.Cancelled;
}

/// <summary>One run of a pipeline run.</summary>
public sealed record RunStatus(
    Guid Id, string Kind, RunState State, int Attempt, FailureKind? FailureKind, string? Executor, string? Reason, DateTimeOffset Created,
    DateTimeOffset? Started, DateTimeOffset? Ended, long? PeakBytes)
{
    /// <summary>The labeling project that the run has opened; null for runs without people.</summary>
    public RunLabeling? Labeling { get; init; }

    public static RunStatus Create(Run run) =>
        new(run.Id, run.Kind, run.State, run.Attempt, run.FailureKind, run.Executor, run.Reason, run.Created, run.Started, run.Ended,
            run.PeakBytes);
}

/// <summary>How far the labeling project of a run is; normal tasks only.</summary>
/// <param name="Complete">Tasks that want no further answers.</param>
/// <param name="Annotations">Answers that are there.</param>
/// <param name="Wanted">Answers that all tasks want together.</param>
public sealed record RunLabeling(Guid ProjectId, string Project, int Tasks, int Complete, int Annotations, int Wanted)
{
    /// <summary>When it was opened.</summary>
    public DateTimeOffset Opened { get; init; }

    /// <summary>Why it gives no further tasks; null while it is open.</summary>
    public string? Closed { get; init; }

    /// <summary>The projects of some runs, by run.</summary>
    public static async Task<IReadOnlyDictionary<Guid, RunLabeling>> ReadAsync(
        RlhfDbContext context, IReadOnlyCollection<Guid> runs, CancellationToken stop)
    {
        var ids = runs.Select(id => (Guid?)id).ToArray();
        var rows = await (
            from p in context.Projects
            where ids.Contains(p.RunId)
            join c in context.ProjectCounts on p.Id equals c.ProjectId into counts
            from c in counts.DefaultIfEmpty()
            select new { p.Id, p.Name, p.Overlap, p.Created, p.Settings, Run = p.RunId!.Value, Counts = (ProjectCounts?)c })
            .ToListAsync(stop);
        return rows.ToDictionary(row => row.Run, row => new RunLabeling(
            row.Id, row.Name, row.Counts?.Tasks ?? 0, row.Counts?.Complete ?? 0, row.Counts?.Answered ?? 0,
            row.Counts is { } c ? c.OwnOverlap + (c.Tasks - c.OwnOverlapTasks) * row.Overlap : 0)
        {
            Opened = row.Created,
            Closed = row.Settings.Closed,
        });
    }
}

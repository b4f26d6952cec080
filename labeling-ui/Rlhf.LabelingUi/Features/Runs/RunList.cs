using Microsoft.EntityFrameworkCore;
using Rlhf.Storage;
using Rlhf.Storage.Entities;

namespace Rlhf.LabelingUi.Features.Runs;

/// <summary>A pipeline run with its stages in order. A run of one stage alone has that stage only, and no report.</summary>
public sealed record RunItem(
    Guid Id, string Name, RunState State, string? Reason, DateTimeOffset Created, TimeSpan? Took, IReadOnlyList<StageItem> Stages, string? ReportAddress);

/// <summary>A stage of a run. <paramref name="Took"/> counts up while it runs.</summary>
public sealed record StageItem(Guid Id, string Kind, RunState State, string? Reason, TimeSpan? Took, long? PeakBytes);

/// <summary>Reads the runs of the home folder, the latest first.</summary>
public sealed class RunList(RlhfDatabase database, Home home, TimeProvider time)
{
    /// <summary>Runs on one page.</summary>
    public const int Most = 100;

    public async Task<IReadOnlyList<RunItem>> ReadAsync(CancellationToken cancellation)
    {
        await using var context = database.OpenReadContext();
        var pipelines = await context.PipelineRuns.OrderByDescending(r => r.Created).ThenByDescending(r => r.Id).Take(Most).ToListAsync(cancellation);
        var ids = pipelines.Select(p => (Guid?)p.Id).ToArray();
        var stages = (await context.Runs.Where(r => ids.Contains(r.PipelineRunId)).ToListAsync(cancellation)).ToLookup(r => r.PipelineRunId);
        var alone = await context.Runs.Where(r => r.PipelineRunId == null).OrderByDescending(r => r.Created).ThenByDescending(r => r.Id).Take(Most)
            .ToListAsync(cancellation);
        return
        [
            .. pipelines.Select(p => Item(p, [.. stages[p.Id].OrderBy(s => s.Created).ThenBy(s => s.Started).ThenBy(s => s.Id)]))
                .Concat(alone.Select(Item)).OrderByDescending(item => item.Created).Take(Most),
        ];
    }

    private RunItem Item(PipelineRun pipeline, IReadOnlyList<Run> stages) => new(
        pipeline.Id, pipeline.Name, pipeline.State, pipeline.Reason, pipeline.Created, Took(pipeline.State, pipeline.Created, pipeline.Ended),
        [.. stages.Select(Stage)], File.Exists(home.Report(pipeline.Id)) ? ReportEndpoint.Address(pipeline.Id) : null);

    private RunItem Item(Run run) => new(run.Id, run.Kind, run.State, run.Reason, run.Created, Took(run.State, run.Started, run.Ended), [Stage(run)], null);

    private StageItem Stage(Run run) => new(run.Id, run.Kind, run.State, run.Reason, Took(run.State, run.Started, run.Ended), run.PeakBytes);

    private TimeSpan? Took(RunState state, DateTimeOffset? started, DateTimeOffset? ended) =>
        started is not { } from ? null
        : ended is { } to ? to - from
        : state is RunState.Queued or RunState.Running ? time.GetUtcNow() - from
        : null;
}

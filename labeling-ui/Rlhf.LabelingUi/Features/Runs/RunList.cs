using Microsoft.EntityFrameworkCore;
using Rlhf.Storage;
using Rlhf.Storage.Entities;

namespace Rlhf.LabelingUi.Features.Runs;

/// <summary>A pipeline run with its stages in order. A run of one stage alone has that stage only, and no report.</summary>
/// <param name="Seed">The root seed of its definition, where it names one.</param>
/// <param name="IsPipeline">Whether <paramref name="Id"/> is that of a pipeline run.</param>
/// <param name="HasReport">Whether its report has been written.</param>
public sealed record RunItem(
    Guid Id, string Name, string? Seed, RunState State, string? Reason, DateTimeOffset Created, TimeSpan? Took,
    IReadOnlyList<StageItem> Stages,
    bool IsPipeline, bool HasReport);

/// <summary>A stage of a run. <paramref name="Took"/> counts up while it runs.</summary>
public sealed record StageItem(Guid Id, string Kind, RunState State, FailureKind? Failure, TimeSpan? Took, long? PeakBytes);

/// <summary>Reads the runs of the home folder, the latest first.</summary>
public sealed class RunList(RlhfDatabase database, Home home, TimeProvider time)
{
    /// <summary>Runs on one page.</summary>
    public const int MaxRows = 100;

    public async Task<IReadOnlyList<RunItem>> ReadAsync(CancellationToken cancellation)
    {
        await using var context = database.OpenReadContext();
        var pipelines = await context.PipelineRuns.OrderByDescending(r => r.Created).ThenByDescending(r => r.Id).Take(MaxRows)
            .ToListAsync(cancellation);
        var ids = pipelines.Select(p => (Guid?)p.Id).ToArray();
        var stages = (await context.Runs.Where(r => ids.Contains(r.PipelineRunId)).ToListAsync(cancellation))
            .ToLookup(r => r.PipelineRunId);
        var alone = await context.Runs.Where(r => r.PipelineRunId == null).OrderByDescending(r => r.Created).ThenByDescending(r => r.Id)
            .Take(MaxRows).ToListAsync(cancellation);
        return
        [
            .. pipelines.Select(p => Item(p, [.. stages[p.Id].OrderBy(s => s.Created).ThenBy(s => s.Started).ThenBy(s => s.Id)]))
                .Concat(alone.Select(Item)).OrderByDescending(item => item.Created).Take(MaxRows),
        ];
    }

    private RunItem Item(PipelineRun pipeline, IReadOnlyList<Run> stages) => new(
        pipeline.Id, pipeline.Name, DefinitionFacts.Of(pipeline.Definition).Seed, pipeline.State, pipeline.Reason, pipeline.Created,
        Elapsed.Of(pipeline.State, pipeline.Created, pipeline.Ended, time), [.. stages.Select(Stage)], IsPipeline: true,
        File.Exists(home.Report(pipeline.Id)));

    private RunItem Item(Run run) => new(
        run.Id, run.Kind, Seed: null, run.State, run.Reason, run.Created, Elapsed.Of(run.State, run.Started, run.Ended, time), [Stage(run)],
        IsPipeline: false, HasReport: false);

    private StageItem Stage(Run run) =>
        new(run.Id, run.Kind, run.State, run.FailureKind, Elapsed.Of(run.State, run.Started, run.Ended, time), run.PeakBytes);
}

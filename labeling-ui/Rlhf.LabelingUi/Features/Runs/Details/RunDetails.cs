using Microsoft.EntityFrameworkCore;
using Rlhf.Definitions.Pipelines;
using Rlhf.Storage;
using Rlhf.Storage.Entities;
using Rlhf.Storage.Runs;

namespace Rlhf.LabelingUi.Features.Runs.Details;

/// <summary>An attempt with the end of its log.</summary>
public sealed record AttemptLog(RunAttempt Attempt, LogTail? Log);

/// <summary>All that is known of one run.</summary>
/// <param name="Attempt">The attempt whose numbers are shown; null where none has begun.</param>
/// <param name="Attempts">All attempts, the latest first.</param>
public sealed record RunDetail(
    Run Run, PipelineRun? Pipeline, RunAttempt? Attempt, IReadOnlyList<AttemptLog> Attempts, RunNumbers Numbers,
    IReadOnlyList<OptionRow> Options, RunLineage Lineage, RunLabeling? Labeling);

/// <summary>A pipeline run with its runs.</summary>
/// <param name="Labeling">The labeling projects of its runs, by run.</param>
public sealed record PipelineDetail(
    PipelineRun Pipeline, IReadOnlyList<Run> Runs, IReadOnlyDictionary<Guid, RunLabeling> Labeling);

/// <summary>Reads what is known of one run, or of one pipeline run.</summary>
internal sealed class RunDetails(RlhfDatabase database, Home home, IServiceProvider services)
{
    /// <param name="id">The run.</param>
    /// <param name="attemptNumber">The attempt to look at; else the one that counts: the one that succeeded, or the latest.</param>
    /// <param name="metric">The one metric that is wanted, in a wide chart; null: all of them, in small ones.</param>
    /// <param name="cancellation">Ends the reading.</param>
    /// <returns>Null where there is no such run.</returns>
    public async Task<RunDetail?> ReadRunAsync(Guid id, int? attemptNumber, string? metric, CancellationToken cancellation)
    {
        await using var context = database.OpenReadContext();
        if (await context.Runs.FirstOrDefaultAsync(r => r.Id == id, cancellation) is not { } run)
            return null;
        var pipeline = await context.PipelineRuns.FirstOrDefaultAsync(p => p.Id == run.PipelineRunId, cancellation);
        var attempts = RunAttempt.Find(home, run);
        var shown = attempts.FirstOrDefault(a => a.Number == (attemptNumber ?? run.SucceededAttempt))
            ?? (attemptNumber is null && attempts is [var latest, ..] ? latest : null);
        var numbers = shown is null
            ? RunNumbers.None
            : RunNumbers.Read(shown, metric is null ? RunNumbers.SmallColumns : RunNumbers.WideColumns, metric);
        var logs = new List<AttemptLog>();
        foreach (var attempt in metric is null ? attempts : [])
            logs.Add(new AttemptLog(attempt, await LogTail.ReadAsync(attempt.Log, cancellation)));
        var type = services.GetService(typeof(StageCatalog)) is StageCatalog catalog ? catalog.Options.GetValueOrDefault(run.Kind) : null;
        return new RunDetail(run, pipeline, shown, logs, numbers, OptionRow.Create(run.Options, type),
            await RunLineage.ReadAsync(context, run, cancellation),
            (await RunLabeling.ReadAsync(context, [run.Id], cancellation)).GetValueOrDefault(run.Id));
    }

    /// <returns>Null where there is no such pipeline run.</returns>
    public async Task<PipelineDetail?> ReadPipelineAsync(Guid id, CancellationToken cancellation)
    {
        await using var context = database.OpenReadContext();
        if (await context.PipelineRuns.FirstOrDefaultAsync(p => p.Id == id, cancellation) is not { } pipeline)
            return null;
        var runs = await context.Runs.Where(r => r.PipelineRunId == id).ToListAsync(cancellation);
        return new PipelineDetail(pipeline, [.. runs.OrderBy(r => r.Created).ThenBy(r => r.Started).ThenBy(r => r.Id)],
            await RunLabeling.ReadAsync(context, [.. runs.Select(r => r.Id)], cancellation));
    }
}

using Microsoft.Extensions.Logging;
using Rlhf.Contracts;
using Rlhf.Definitions.Pipelines;
using Rlhf.Pipeline.Reports;
using Rlhf.Pipeline.Stages;
using Rlhf.Storage;
using Rlhf.Storage.Entities;
using Rlhf.Storage.Runs;

namespace Rlhf.Pipeline.Hub.Pipelines;

/// <summary>Ends pipeline runs whose stages are all done: writes the report first, so that it exists when the end is announced.</summary>
public sealed class EndingLoop(Home home, PipelineRuns runs, ILogger<EndingLoop> logger) : WorkLoop<PipelineCompleted>(logger)
{
    protected override async Task HandleAsync(PipelineCompleted work, CancellationToken stop)
    {
        var status = await runs.GetAsync(work.PipelineRunId, stop);
        if (status.HasEnded)
            return;
        WriteReport(status);
        await runs.EndAsync(work.PipelineRunId, RunState.Succeeded, null, stop);
    }

    private void WriteReport(PipelineStatus status)
    {
        try
        {
            var pipeline = PipelineFile.FromJson(status.Definition!, StageTable.Catalog.Options, $"pipeline run {status.Id}");
            var outcome = PipelineOutcome.Create(status with { Ended = DateTimeOffset.UtcNow }, pipeline);
            if (outcome.HasReport)
                ReportWriter.Write(ReportBuilder.Build(outcome, home, status.Command), home.Report(status.Id));
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            // The models and numbers are there all the same.
            logger.LogError(e, "The report of pipeline run {PipelineRun} could not be written", status.Id);
        }
    }
}

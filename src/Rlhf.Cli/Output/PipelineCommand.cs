using Rlhf.Core;
using Rlhf.Definitions.Pipelines;
using Rlhf.Pipeline.Hub;
using Rlhf.Pipeline.Reports;
using Rlhf.Pipeline.Runs;
using Rlhf.Storage;

namespace Rlhf.Cli.Output;

/// <summary>Runs a pipeline from the command line: progress, summary, report.</summary>
internal static class PipelineCommand
{
    /// <param name="pipeline">What to run.</param>
    /// <param name="path">Its file, for the report; null where there is none.</param>
    /// <param name="home">The home folder.</param>
    /// <param name="bus">A broker, null for none.</param>
    /// <param name="json">Whether the last line on standard output is to be one JSON object.</param>
    /// <param name="stop">Ctrl+C.</param>
    /// <exception cref="UserError">An input was refused; the message says at which stage and why.</exception>
    /// <exception cref="RunFailedException">A run's process broke or was killed.</exception>
    public static async Task<PipelineSummary> RunAsync(PipelineFile pipeline, string? path, Home home, BusAddress? bus, bool json, CancellationToken stop)
    {
        PipelineOutcome outcome;
        using (var display = ProgressDisplay.Create(pipeline, toStandardError: json))
            outcome = await new PipelineSession(home, bus, ChildCommand.ThisProgram()).RunAsync(pipeline, display.Report, stop);
        if (!outcome.Succeeded)
            throw Failure(outcome, home);
        var summary = PipelineSummary.Create(outcome, home);
        if (outcome.Runs.Count > 1 || summary.Evaluation is not null)
        {
            string report = home.Report(outcome.Id);
            ReportWriter.Write(ReportBuilder.Build(outcome, home, path) with { Command = ReproduceCommand.Text() }, report);
            summary = summary with { Report = report };
        }
        if (json)
            Console.Out.WriteLine(summary.ToJson());
        else
            SummaryTable.Write(summary, outcome);
        return summary;
    }

    private static Exception Failure(PipelineOutcome outcome, Home home)
    {
        string reason = outcome.Reason ?? "the pipeline run failed";
        return outcome.Broke
            ? new RunFailedException($"{reason} (log: {Log(outcome.Runs[^1], home)})")
            : new UserError(reason);
    }

    private static string Log(Storage.Entities.Run run, Home home) => new RunFolder(home.RunFolder(run.Id)).Attempt(Math.Max(1, run.Attempt)).LogFile;
}

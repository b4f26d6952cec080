using Rlhf.Pipeline.Hub.Pipelines;
using Rlhf.Pipeline.Reports;

namespace Rlhf.Cli.Output;

/// <summary>
/// The result of a pipeline run for people: lines of "name: value", in columns on a terminal. A value stays on one line, so that a
/// path or an address can be copied or clicked, however long it is.
/// </summary>
internal static class SummaryTable
{
    public static void Write(PipelineSummary summary, PipelineOutcome outcome)
    {
        var rows = Rows(summary, outcome).ToList();
        int width = Console.IsOutputRedirected ? 0 : rows.Max(row => row.Name.Length) + 1;
        foreach (var (name, value) in rows)
            Console.Out.WriteLine($"{(name + ":").PadRight(width)} {value}");
    }

    private static IEnumerable<(string Name, string Value)> Rows(PipelineSummary summary, PipelineOutcome outcome)
    {
        foreach (var finding in summary.Findings)
            yield return (finding.Name, finding.Value);
        if (summary.Collected is { } collected)
        {
            yield return ("rankings", $"{collected.Rankings} ({collected.HeldOut} held out), dataset version {collected.Dataset[..12]}");
            if (collected.BadLines > 0)
                yield return ("lines left out", $"{collected.BadLines} of {collected.Lines}; the first: {collected.FirstBadLine}");
            if (collected.UnusedWeights > 0)
                yield return ("weights without a ranking", $"{collected.UnusedWeights} prompts of the file of weights");
        }
        if (summary.RewardAccuracy is { } accuracy)
        {
            string ceiling = accuracy.Ceiling is { } most ? $"; the gold order itself reaches {most:0.000}" : "";
            yield return ("reward model, held-out pairs in the right order",
                $"{accuracy.Value:0.000} ({accuracy.Low:0.000} to {accuracy.High:0.000}){ceiling}");
        }
        if (summary.ShorterWins is { } shorter)
            yield return ("\"the shorter one wins\" on the same pairs",
                $"{shorter.Value:0.000} ({shorter.Low:0.000} to {shorter.High:0.000})");
        if (summary.WinRate is { } rate)
            yield return ($"win rate against the start, by '{summary.GoldReward}'",
                $"{rate.Value:0.000} ({rate.Low:0.000} to {rate.High:0.000})");
        if (summary.GoldBefore is { } before && summary.GoldAfter is { } after)
            yield return ($"mean gold reward of {summary.EvaluatedCompletions} completions", $"{before:0.000} before, {after:0.000} after");
        if (summary.Kl is { } kl)
            yield return ("KL to the start, nats per completion", $"{kl:0.00}");
        if (summary.Distinct is { } distinct)
            yield return ("distinct-2", $"{distinct.Before:0.000} before, {distinct.After:0.000} after");
        if (summary.Different is { } different)
            yield return ("completions that differ from each other",
                $"{100 * different.Before:0.0} % before, {100 * different.After:0.0} % after");
        foreach (string warning in summary.Warnings)
            yield return ("warning", warning);
        if (summary.Candidates is { } candidates)
            yield return ("candidates file", candidates);
        if (summary.Rankings is { } rankings)
            yield return ("rankings file", rankings);
        if (summary.Evaluation is { } evaluation)
            yield return ("evaluation file", evaluation);
        if (summary.Policy is { } policy)
            yield return ("policy", policy);
        if (summary.RewardModel is { } model)
            yield return ("reward model", model);
        if (outcome.Runs.Count > 0)
            yield return ("last run", summary.Run);
        // The hub's own stages have no process whose memory could be measured.
        yield return summary.PeakBytes > 0
            ? ("time, memory", $"{summary.Seconds:0.0} s, at most {summary.PeakBytes / 1e9:0.00} GB in all processes")
            : ("time", $"{summary.Seconds:0.0} s");
        if (summary.Report is { } report)
            yield return ("report", new Uri(report).AbsoluteUri);
    }
}

using Rlhf.Core.Options;
using Rlhf.Pipeline.Hub.Pipelines;
using Rlhf.Pipeline.Hub.Work;
using Rlhf.Pipeline.Runs;
using Rlhf.Pipeline.Stages;
using Rlhf.Simulation;
using Rlhf.Storage;
using Rlhf.Storage.Runs;

namespace Rlhf.Pipeline.Reports;

/// <summary>Gathers what the report of a pipeline run shows from the folders of its runs.</summary>
public static class ReportBuilder
{
    private const string Kl = "objective/kl";
    private const string Scores = "objective/scores";

    /// <param name="outcome">The pipeline run.</param>
    /// <param name="home">Its home folder.</param>
    /// <param name="command">The command that reproduces the run; null if unknown.</param>
    public static ReportData Build(PipelineOutcome outcome, Home home, string? command)
    {
        AttemptFolder? Folder(string kind) => outcome.RunOf(kind) is { } run
            ? new RunFolder(home.RunFolder(run.Id)).Attempt(run.Attempt)
            : null;
        var summary = PipelineSummary.Create(outcome, home);
        var ppo = Folder(RunKinds.Ppo);
        var reward = Folder(RunKinds.Reward);
        var ppoCurves = ppo is null ? [] : Curves(ppo);
        var kl = ppoCurves.FirstOrDefault(c => c.Name == Kl)?.Points ?? [];
        var evaluation = Folder(RunKinds.Evaluate)?.ReadResult<EvaluationReport>();
        var gold = ppo is null ? ([], 0) : GoldOfSamples(ppo);
        return new ReportData(
            outcome.Pipeline.Name, outcome.Pipeline.Seed, DateTimeOffset.UtcNow,
            summary.StartPolicy ?? "", summary.Policy, summary.RewardModel,
            reward?.ReadResult<RewardStageResult>().HeldOut,
            evaluation,
            ppoCurves, reward is null ? [] : Curves(reward),
            RootKl.Over(RootKl.ByUpdate(kl), ppoCurves.FirstOrDefault(c => c.Name == Scores)?.Points ?? []),
            RootKl.Over(RootKl.AfterUpdates(kl, evaluation?.Kl.Value), gold.Points),
            [.. outcome.Runs.Select(run => Stage(run, home))],
            outcome.Seconds, outcome.PeakBytes, Facts(outcome, home), outcome.Pipeline.ToJson())
        {
            Annotators = CollectedRankings.Find(outcome, home) is { } collected ? Annotators(collected.Result) : null,
            ModelHashes = Hashes(outcome, home),
            Command = command,
            Warnings = summary.Warnings,
            GoldSamples = gold.Samples,
        };
    }

    private static AnnotatorReport Annotators(CollectResult collected) =>
        new(collected.Annotators, collected.Simulated, collected.ErrorRate, collected.Rankings);

    private static StageReport Stage(RunStatus run, Home home) => new(
        run.Kind, run.Id, run.Ended is { } end && run.Started is { } start ? (end - start).TotalSeconds : 0, run.PeakBytes ?? 0,
        home.RunFolder(run.Id));

    private static IReadOnlyList<Curve> Curves(AttemptFolder folder)
    {
        if (!File.Exists(folder.DatabaseFile))
            return [];
        using var metrics = new RunMetricsReader(folder.DatabaseFile);
        return [.. metrics.Names().Select(name => new Curve(name, [.. metrics.Points(name).Select(p => new CurvePoint(p.Step, p.Value))]))];
    }

    /// <summary>The mean gold reward of the evaluation samples, at each update that has some, and how many samples each has.</summary>
    private static (IReadOnlyList<CurvePoint> Points, int Samples) GoldOfSamples(AttemptFolder ppo)
    {
        if (ppo.Run.Read().GoldReward is not { } name || !File.Exists(ppo.DatabaseFile))
            return ([], 0);
        var gold = GoldRewards.Get(name);
        using var metrics = new RunMetricsReader(ppo.DatabaseFile);
        var byUpdate = Enumerable.Range(0, ppo.Run.Options<PpoOptions>().Updates + 1)
            .Select(step => (Step: step, Samples: metrics.Samples(step)))
            .Where(s => s.Samples.Count > 0)
            .ToList();
        return ([.. byUpdate.Select(
            s => new CurvePoint(s.Step, s.Samples.Average(sample => gold.Score(sample.Prompt, sample.Completion))))],
            byUpdate.Count == 0 ? 0 : byUpdate.Max(s => s.Samples.Count));
    }

    private static Dictionary<string, string> Facts(PipelineOutcome outcome, Home home)
    {
        var machine = new RunFolder(home.RunFolder(outcome.Runs[^1].Id)).Read().Machine;
        var facts = new Dictionary<string, string>
        {
            ["system"] = machine.Os,
            ["processors"] = $"{machine.Processors} × {machine.Architecture} ({string.Join(", ", machine.CpuFeatures)})",
            ["framework"] = machine.Framework,
        };
        foreach (var run in outcome.Runs)
        {
            if (ComputeEnvironment.TryRead(new RunFolder(home.RunFolder(run.Id)).Attempt(run.Attempt)) is { } computed)
                facts["libtorch"] = $"{computed.Libtorch}, device {computed.Device}, {computed.Threads} threads";
        }
        return facts;
    }

    private static Dictionary<string, string> Hashes(PipelineOutcome outcome, Home home)
    {
        var hashes = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var run in outcome.Runs)
        {
            var inputs = new RunFolder(home.RunFolder(run.Id)).Read().Inputs;
            foreach (var input in inputs.Where(i => Path.IsPathRooted(i.Path) && Directory.Exists(i.Path)))
                hashes[input.Path] = input.Sha256;
        }
        return hashes;
    }
}

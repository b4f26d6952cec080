namespace Rlhf.Pipeline.Reports.Page;

/// <summary>The section on the reward model.</summary>
internal static class RewardSection
{
    public static Section? Build(ReportData data)
    {
        Curve[] losses = Named(data, "loss/train", "evaluation/loss");
        Curve[] accuracies = Named(data, "accuracy/train", "evaluation/accuracy");
        string size = data.Reward is { Bins.Count: > 0 } && losses.Length > 0 && accuracies.Length > 0 ? "third" : "half";
        var panels = new List<Panel?>();
        if (data.Reward is { } reward)
        {
            panels.Add(Accuracy(reward));
            panels.Add(Calibration(reward, size));
        }
        panels.Add(CurvePanel.Lines("reward-loss", "Loss", "−log σ(Δ), nats per pair", "step", size, losses));
        panels.Add(CurvePanel.Lines("reward-accuracy", "Accuracy while training", "share of pairs", "step", size, accuracies));
        var rest = data.RewardCurves.Except(losses).Except(accuracies)
            .Select(curve => CurvePanel.Lines("reward-" + PolicySections.Id(curve.Name), curve.Name, "", "step", "small", [curve]))
            .OfType<Panel>().ToArray();
        var present = panels.OfType<Panel>().ToArray();
        if (present.Length + rest.Length == 0)
            return null;
        var definitions = new List<Definition>
        {
            new("Accuracy",
                "Share of held-out pairs that the reward model puts in the annotators' order; the prompts were never trained on.",
                "Stiennon et al. 2020, sec. 4.2"),
        };
        if (data.Reward?.Ceiling is not null)
            definitions.Add(new("Ceiling",
                "What the gold order itself reaches against the same noisy labels: no model of the judgment can be expected to do better.",
                "measured on the same pairs"));
        if (data.Reward is { Bins.Count: > 0 })
            definitions.Add(new("Calibration", "A pair's confidence is σ(|Δ|), Δ the difference of the two scores. "
                + "Points on the diagonal are as often right as they say; "
                + "bins of equally many pairs, 95 % Wilson intervals. The expected error is the mean distance from the diagonal.",
                "Guo et al. 2017; Nguyen and O'Connor 2015"));
        return new Section("reward", "The reward model", definitions, present, rest,
            $"All other curves of the reward model ({rest.Length})");
    }

    private static Curve[] Named(ReportData data, params string[] names) =>
        [.. names.Select(name => data.RewardCurves.FirstOrDefault(c => c.Name == name)).OfType<Curve>()];

    private static Panel Accuracy(RewardReport r)
    {
        var references = new List<ForestPanel.Reference> { new(0.5, "chance") };
        var rows = new List<IReadOnlyList<string>>
        {
            (string[])["reward model", Figures.Percent(r.Accuracy.Value), Figures.Percent(r.Accuracy.Low),
                Figures.Percent(r.Accuracy.High)],
            (string[])["the shorter one wins", Figures.Percent(r.ShorterWins.Value), Figures.Percent(r.ShorterWins.Low),
                Figures.Percent(r.ShorterWins.High)],
        };
        if (r.Ceiling is { } ceiling)
        {
            references.Add(new(ceiling, $"ceiling {Figures.Percent(ceiling)}"));
            rows.Add((string[])["ceiling", Figures.Percent(ceiling), Figures.None, Figures.None]);
        }
        // Dots, not bars: the scale need not start at zero.
        double from = Math.Min(r.Accuracy.Low, r.ShorterWins.Low) >= 0.4 ? 0.4 : 0;
        var forest = ForestPanel.Build(
            [
                new("Reward model", Figures.Percent(r.Accuracy, 1), "after", r.Accuracy.Value, r.Accuracy.Low, r.Accuracy.High),
                new("The shorter one wins", Figures.Percent(r.ShorterWins, 1), "before", r.ShorterWins.Value, r.ShorterWins.Low,
                    r.ShorterWins.High),
            ], references, from, 1, from > 0 ? 0.2 : 0.25, x => Figures.Percent(x, 0));
        return new Panel("accuracy", "Accuracy", $"share of {Figures.Count(r.Pairs)} held-out pairs, 95 % intervals",
            $"Reward model {Figures.Percent(r.Accuracy, 1)}, the shorter one wins {Figures.Percent(r.ShorterWins, 1)}"
            + (r.Ceiling is { } top ? $", ceiling {Figures.Percent(top)}." : "."),
            "wide", null, forest, new Table(["", "value", "low", "high"], rows));
    }

    private static Panel? Calibration(RewardReport r, string size)
    {
        if (r.Bins.Count == 0)
            return null;
        double lowest = r.Bins.Min(b => Math.Min(b.Low, b.Confidence));
        double from = double.IsFinite(lowest) ? Math.Clamp(Math.Floor(lowest * 10) / 10, 0, 0.5) : 0;
        // σ(|Δ|) is never below one half.
        double most = r.Bins.Max(b => b.Count);
        var series = new List<ChartSeries>
        {
            new("as often right as it says", "reference", "line-strong", [[0.5, 0.5], [1, 1]]),
            new("95 % interval", "intervals", "after", [.. r.Bins.SelectMany(b => new double?[][]
            {
                [CurvePanel.Finite(b.Confidence), CurvePanel.Finite(b.Low)], [CurvePanel.Finite(b.Confidence), CurvePanel.Finite(b.High)],
            })]),
            new("share right", "points", "after",
                [.. r.Bins.Select(b => new[]
                {
                    CurvePanel.Finite(b.Confidence), CurvePanel.Finite(b.Accuracy), most > 0 ? b.Count / most : 0,
                })]),
        };
        IReadOnlyList<IReadOnlyList<string>> rows = [.. r.Bins.Select(b => (string[])
            [
                Figures.Percent(b.Confidence), Figures.Percent(b.Accuracy), Figures.Percent(b.Low), Figures.Percent(b.High),
                Figures.Count(b.Count),
            ])];
        return new Panel("calibration", "Calibration", $"expected error {Figures.Percent(r.CalibrationError)}",
            string.Join(" ", r.Bins.Select(
                b => $"Confidence {Figures.Percent(b.Confidence)}: {Figures.Percent(b.Accuracy)} right of {Figures.Count(b.Count)}.")),
            size, new Chart("confidence σ(|Δ|)", "share right", series, 0.5, 1, from, 1), null,
            new Table(["confidence", "share right", "low", "high", "pairs"], rows));
    }
}

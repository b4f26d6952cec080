namespace Rlhf.Pipeline.Reports.Page;

/// <summary>The sections on the tuned policy: whether it is better, how the training went, and its length and variety.</summary>
internal static class PolicySections
{
    /// <summary>Curves that tell a healthy run from a sick one: always in sight. The rest is folded.</summary>
    private static readonly (string Metric, string Title, string Unit)[] Health =
    [
        ("objective/entropy", "Entropy", "nats per completion"),
        ("policy/approxkl_avg", "Step size", "approximate KL, nats per token"),
        ("policy/clipfrac_avg", "Clipped ratios", "share of tokens"),
        ("val/explained_variance", "Critic", "explained variance of the returns"),
        ("beta", "KL coefficient β", "reward per nat"),
        ("lr", "Learning rate", "AdamW step"),
    ];

    private static readonly string[] Scores = ["objective/scores", "objective/rlhf_reward"];

    public static Section? Comparison(ReportData data)
    {
        if (data.Evaluation is not { WinRate: { } win } e)
            return null;
        var forest = ForestPanel.Build(
            [new ForestPanel.Entry("Tuned policy against its start", Figures.Percent(win, 1), "after", win.Value, win.Low, win.High)],
            [new ForestPanel.Reference(0.5, "no difference")], 0, 1, 0.25, x => Figures.Percent(x, 0));
        var rows = new List<IReadOnlyList<string>>
        {
            (string[])["win rate", Figures.Percent(win.Value), Figures.Percent(win.Low), Figures.Percent(win.High)],
        };
        var panel = new Panel("win-rate", "Win rate", $"share of {Figures.Count(e.Prompts)} held-out prompts, 95 % interval",
            $"Win rate {Figures.Percent(win, 1)}; one half means no difference.", "wide", null, forest,
            new Table(["", "value", "low", "high"], rows));
        return new Section("comparison", "Is it better?",
            [
                new("Win rate", $"How often the tuned policy's completion has the higher “{e.GoldReward}” reward "
                    + "than the start's for the same prompt; a tie counts ½. "
                    + "The 95 % interval draws whole prompts with repeats.", "Efron and Tibshirani 1993, ch. 13"),
                new("KL", "Mean over completions of Σ log π(token) − log π_start(token), at the sampling temperature: "
                    + "how far the policy went for it.",
                    "Schulman 2020, estimator k1"),
            ], [panel], [], "");
    }

    public static Section? Training(ReportData data)
    {
        var curves = data.PpoCurves;
        var panels = new List<Panel?>
        {
            CurvePanel.Lines("scores", "Reward", "reward-model score; score − β·KL", "update", "half", Named(curves, Scores)),
            CurvePanel.Lines("kl", "KL to the start", "nats per completion", "update", "half", Named(curves, ["objective/kl"])),
            CurvePanel.Path("reward-root-kl", "Reward against √KL", "mean reward-model score", "√KL (√nats)", "half", "reward-model score",
                "after", data.RewardOverRootKl),
            CurvePanel.Path("gold-root-kl", "Gold reward against √KL",
                data.GoldSamples > 0
                    ? $"mean over the samples of PPO's {Figures.Count(data.GoldSamples)} evaluation prompts"
                    : "mean gold reward",
                "√KL (√nats)", "half", "gold reward", "third", data.GoldOverRootKl),
        };
        panels.AddRange(Health.Select(
            h => CurvePanel.Lines("ppo-" + Id(h.Metric), h.Title, h.Unit, "update", "small", Named(curves, [h.Metric]))));
        string[] shown = [.. Scores, "objective/kl", .. Health.Select(h => h.Metric)];
        var rest = curves.Where(c => !shown.Contains(c.Name))
            .Select(c => CurvePanel.Lines("ppo-" + Id(c.Name), c.Name, "", "update", "small", [c])).OfType<Panel>().ToArray();
        var present = panels.OfType<Panel>().ToArray();
        if (present.Length + rest.Length == 0)
            return null;
        return new Section("training", "Training the policy",
            [
                new("Reward", "objective/scores is the reward model's score of the completion; "
                    + "objective/rlhf_reward is what PPO maximizes: the score less β times the KL.",
                    "Ziegler et al. 2019, eq. 2; names as in TRL"),
                new("Reward against √KL",
                    "One point per update. A score that goes on rising while the gold reward falls is over-optimization. "
                    + "The score is the mean of the update's rollout; "
                    + "the gold reward is the mean over the samples of PPO's few evaluation prompts, "
                    + "not over the many completions of the final comparison, and scatters more than that.",
                    "Gao, Schulman and Hilton 2023"),
                new("Clipped ratios", "Share of tokens whose probability ratio left 1 ± 0.2 on the side where the loss stops pushing.",
                    "Schulman et al. 2017, eq. 7"),
            ], present, rest, $"All other curves of PPO ({rest.Length})");
    }

    public static Section? Writing(ReportData data)
    {
        if (data.Evaluation is not { } e)
            return null;
        double largest = Math.Max(e.LengthBefore.P90, e.LengthAfter.P90);
        double step = ForestPanel.RoundStep(largest);
        double to = Math.Max(step, Math.Ceiling(largest / step) * step);
        ForestPanel.Entry Row(string name, LengthSummary l, string tone) => new(name,
            $"{Figures.One(l.Mean)} tokens [{Figures.Short(l.P10, 1)},\u00a0{Figures.Short(l.P90, 1)}]", tone, l.Mean, l.P10, l.P90);
        string[] Line(string name, LengthSummary l, double distinct, double different) =>
        [
            name, Figures.One(l.Mean), Figures.Short(l.P10, 1), Figures.Short(l.P90, 1), Figures.Percent(l.EndedShare),
            Figures.Ratio(distinct), Figures.Percent(different),
        ];
        var forest = ForestPanel.Build(
            [Row("Start", e.LengthBefore, "before"), Row("Tuned", e.LengthAfter, "after")], [], 0, to, step, x => Figures.Short(x));
        var table = new Table(["policy", "mean tokens", "10 %", "90 %", "end by themselves", "distinct-2", "different"],
            [
                Line("start", e.LengthBefore, e.DistinctBefore, e.DifferentBefore),
                Line("tuned", e.LengthAfter, e.DistinctAfter, e.DifferentShare),
            ]);
        var panel = new Panel("length", "Length of a completion", "tokens: mean, and the range from the 10 % to the 90 % quantile",
            $"Mean length before {Figures.Number(e.LengthBefore.Mean)}, after {Figures.Number(e.LengthAfter.Mean)} tokens.", "wide", null,
            forest, table);
        return new Section("writing", "Length and variety",
            [
                new("Distinct-2", "Different pairs of neighboring words over all such pairs, of equally many completions each.",
                    "Li et al. 2016, sec. 5"),
                new("Different completions", "Share of the sampled completions that differ from every other: "
                    + "a policy that says one thing well is not a better policy.",
                    "exact match, ends trimmed"),
            ], [panel], [], "");
    }

    private static IEnumerable<Curve> Named(IReadOnlyList<Curve> curves, string[] names) =>
        names.Select(name => curves.FirstOrDefault(c => c.Name == name)).OfType<Curve>();

    /// <summary>An id out of a metric's name: letters, digits and hyphens only.</summary>
    public static string Id(string name) =>
        string.Concat(name.Select(c => char.IsAsciiLetterOrDigit(c) ? char.ToLowerInvariant(c) : '-'));
}

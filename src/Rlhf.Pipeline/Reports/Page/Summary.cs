using Rlhf.Core.Text;

namespace Rlhf.Pipeline.Reports.Page;

/// <summary>The headline and the key figures.</summary>
internal static class Summary
{
    /// <summary>What the run says in one sentence, and whether that is good news. An interval that contains ½ is not a win.</summary>
    public static (string Headline, string Tone, string Verdict) Headline(ReportData data)
    {
        if (data.Evaluation is { WinRate: { } win } evaluation)
        {
            string kl = $"at {KlText(evaluation.Kl)} of KL";
            string share = $"{Figures.Percent(win, 0)} of held-out prompts {kl}";
            return win switch
            {
                { Low: > 0.5 } =>
                    ($"The tuned policy wins {share}", "good", "Better than its start: the whole interval lies above one half."),
                { High: < 0.5 } =>
                    ($"The tuned policy wins only {share}", "bad", "Worse than its start: the whole interval lies below one half."),
                _ => ($"No clear gain: the tuned policy wins {share}", "neutral", "The interval holds one half: no difference is shown."),
            };
        }
        if (data.Evaluation is { } moved)
        {
            string gain = moved is { RewardBefore: { } before, RewardAfter: { } after }
                ? $"The reward-model score goes from {Figures.Score(before)} to {Figures.Score(after)} "
                : "The tuned policy ends ";
            return ($"{gain}at {KlText(moved.Kl)} of KL", "neutral", "No gold reward: whether people would agree is not measured here.");
        }
        if (data.Reward is { } reward)
        {
            bool beats = reward.LeadOverLength is { } lead ? lead.Low > 0 : reward.Accuracy.Low > reward.ShorterWins.High;
            return ($"The reward model orders {Figures.Percent(reward.Accuracy, 0)} of held-out pairs as the annotators did",
                beats ? "good" : "neutral",
                beats ? $"Better than “{reward.LengthRule}” on the same pairs, beyond the interval of the difference."
                      : $"Taking the shorter completion reaches {Figures.Percent(reward.ShorterWins, 0)}.");
        }
        int stages = data.Stages.Count;
        return ($"{stages} {(stages == 1 ? "stage" : "stages")} done in {Units.Duration(data.Seconds)}", "neutral", "");
    }

    public static IReadOnlyList<Chip> Chips(ReportData data)
    {
        var chips = new List<Chip>();
        if (data.Annotators is { } annotators)
        {
            string who = annotators.Count == 1 ? "1 annotator" : $"{Figures.Count(annotators.Count)} annotators";
            string wrong = annotators.ErrorRate is { } error ? $", wrong {Figures.Percent(error, 0)} of the time" : "";
            chips.Add(annotators.Simulated
                ? new Chip($"Simulated labels: {who}{wrong}", "warn")
                : new Chip(who, "plain"));
            chips.Add(new Chip($"{Figures.Count(annotators.Rankings)} rankings", "plain"));
        }
        chips.Add(new Chip($"seed {data.Seed}", "plain"));
        chips.Add(new Chip(Units.Duration(data.Seconds), "plain"));
        if (data.PeakBytes > 0)
            chips.Add(new Chip($"{Units.Bytes(data.PeakBytes)} peak memory", "plain"));
        return chips;
    }

    public static IReadOnlyList<Card> Cards(ReportData data)
    {
        var cards = new List<Card>();
        if (data.Evaluation is { } e)
        {
            if (e.WinRate is { } win)
                cards.Add(new Card("Win rate", Figures.Percent(win.Value), Figures.PercentInterval(win), null,
                    $"tuned against start, {Figures.Count(e.Prompts)} held-out prompts, ties count ½"));
            cards.Add(new Card("KL to the start", Figures.Score(e.Kl.Value), Figures.Interval(e.Kl), null, "mean of a completion", "nats"));
            if (e is { GoldBefore: { } goldBefore, GoldAfter: { } goldAfter })
                cards.Add(new Card("Gold reward", Figures.Score(goldAfter), null, Figures.Score(goldBefore),
                    $"mean by “{e.GoldReward}” over {Figures.Count(e.Completions)} completions "
                    + $"of {Figures.Count(e.Prompts)} held-out prompts"));
            if (e is { RewardBefore: { } rewardBefore, RewardAfter: { } rewardAfter })
                cards.Add(new Card("Reward-model score", Figures.Score(rewardAfter), null, Figures.Score(rewardBefore),
                    "mean of the same completions, normalized on the start"));
        }
        if (data.Reward is { } r)
        {
            cards.Add(new Card("Reward accuracy", Figures.Percent(r.Accuracy.Value), Figures.PercentInterval(r.Accuracy), null,
                r.Ceiling is { } ceiling ? $"held-out pairs; the gold order reaches {Figures.Percent(ceiling)}" : "held-out pairs"));
            cards.Add(new Card("Calibration error", Figures.Percent(r.CalibrationError), null, null,
                $"expected, {Figures.Count(r.Pairs)} pairs of {Figures.Count(r.Prompts)} prompts"));
        }
        if (data.Evaluation is { } v)
        {
            cards.Add(new Card("Different texts", Figures.Percent(v.DifferentShare), null, Figures.Percent(v.DifferentBefore),
                $"of {Figures.Count(v.Completions)} sampled completions"));
            cards.Add(new Card("Distinct-2", Figures.Ratio(v.DistinctAfter), null, Figures.Ratio(v.DistinctBefore),
                v.DistinctBefore > 0
                    ? $"{Figures.Score(v.DistinctAfter / v.DistinctBefore)} × the start"
                    : "different word pairs over all"));
            cards.Add(new Card("Length", Figures.One(v.LengthAfter.Mean), null, Figures.One(v.LengthBefore.Mean),
                $"mean; {Figures.Percent(v.LengthAfter.EndedShare, 0)} end by themselves "
                + $"(before {Figures.Percent(v.LengthBefore.EndedShare, 0)})", "tokens"));
        }
        return cards;
    }

    private static string KlText(Estimate kl) => $"{Figures.One(kl.Value)}\u00a0nats";
}

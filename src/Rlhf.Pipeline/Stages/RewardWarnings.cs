using System.Globalization;
using Rlhf.Pipeline.Reports;
using Rlhf.Training;
using Rlhf.Training.Reward;
using Rlhf.Training.Sft;

namespace Rlhf.Pipeline.Stages;

/// <summary>Reasons to doubt a reward model, before a policy is trained against it.</summary>
public static class RewardWarnings
{
    public static IReadOnlyList<string> Create(RewardReport? heldOut, int trainingPrompts, PairCounts training, PairCounts held)
    {
        var warnings = new List<string>();
        if (heldOut is null)
            warnings.Add("The reward model was not measured: no held-out pair has an order. Hold out more prompts.");
        else if (heldOut.Accuracy.Low <= 0.5)
            warnings.Add($"The reward model is not shown to be better than chance: "
                + $"it orders {Share(heldOut.Accuracy)} of {Count(heldOut.Pairs, "held-out pair")} as the annotators did. "
                + $"It was trained on {Count(trainingPrompts, "ranking")}: give more of them, or train longer; "
                + $"a policy trained against it cannot be expected to improve.");
        else if (heldOut.LeadOverLength is { Low: <= 0 } lead)
            warnings.Add($"The reward model is not shown to be better than \"{heldOut.LengthRule}\": "
                + $"its lead on {Count(heldOut.Pairs, "held-out pair")} is {Share(lead)}. It may have learned the length alone.");
        int cut = training.EqualAfterCut + held.EqualAfterCut, equal = training.Equal + held.Equal;
        if (cut > 0)
            warnings.Add($"{Count(cut, "pair")} left out: the two texts differ only beyond the length that the reward model reads "
                + $"(maxLength, or the model's positions).");
        if (equal > 0)
            warnings.Add($"{Count(equal, "pair")} left out: the two completions are the same text.");
        return warnings;
    }

    /// <summary>
    /// Completions that lose their end: prompts lose their beginning first, so a text is too long by itself. The reward model would
    /// score a text that it has not read to its end.
    /// </summary>
    /// <param name="rankings">All that were trained on or measured.</param>
    /// <param name="length">Tokens of prompt and completion together that the model reads.</param>
    public static IEnumerable<string> Truncated(IReadOnlyList<TokenizedRanking> rankings, int length)
    {
        int all = rankings.Sum(r => r.Completions.Count);
        int truncated = rankings.Sum(r => r.Completions.Count(c => Sequences.Truncate(r.Prompt, c, length).Completion.Length < c.Length));
        if (truncated > 0)
            yield return $"{Count(truncated, "completion")} of {Count(all)} {(truncated == 1 ? "loses its" : "lose their")} end: "
                + $"the reward model reads {length} tokens (maxLength, or the model's positions), "
                + "and each is longer by itself. Take a model with more positions, or shorter completions.";
    }

    private static string Share(Estimate e) =>
        string.Create(CultureInfo.InvariantCulture, $"{e.Value:0.000} (95 % interval {e.Low:0.000} to {e.High:0.000})");

    private static string Count(int count) => count.ToString("#,0", CultureInfo.InvariantCulture);

    private static string Count(int count, string what) => $"{Count(count)} {what}{(count == 1 ? "" : "s")}";
}

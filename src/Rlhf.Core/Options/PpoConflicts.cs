using System.Globalization;

namespace Rlhf.Core.Options;

/// <summary>
/// Options of PPO that cannot act together. A value that would do nothing is refused where it was changed, never ignored.
/// </summary>
internal static class PpoConflicts
{
    private static readonly PpoOptions Default = new();

    /// <summary>The first conflict, in words for the user; null where there is none.</summary>
    public static string? Find(PpoOptions o) => Batches(o) ?? Divergence(o) ?? Losses(o) ?? Evaluation(o);

    private static string? Batches(PpoOptions o)
    {
        if (o.Minibatches > o.BatchSize)
            return Text($"minibatches: {o.Minibatches} minibatches cannot be made of {o.BatchSize} completions; ")
                + "lower minibatches or raise batchSize";
        if (o.CriticWarmupUpdates >= o.Updates)
            return Text($"criticWarmupUpdates: {o.CriticWarmupUpdates} of {o.Updates} updates leave none in which the policy learns; ")
                + "lower it or raise updates";
        if (o.StopAtApproxKl > 0 && o.Epochs * (long)o.Minibatches == 1)
            return "stopAtApproxKl: an update of one optimizer step (epochs 1, minibatches 1) has nothing to end early; "
                + "raise epochs or minibatches, or set it to 0";
        return null;
    }

    private static string? Divergence(PpoOptions o)
    {
        if (o.KlPlacement == KlPlacement.Loss && o.KlEstimator == KlEstimator.K1)
            return "klEstimator: k1 in the loss (klPlacement: loss) holds nothing back, the mean of its gradient is 0 whatever the "
                + "divergence; use k2, or klPlacement: reward";
        if (o.KlPlacement == KlPlacement.Reward && o.KlEstimator == KlEstimator.K3StraightThrough)
            return "klEstimator: k3StraightThrough differs from k3 in its gradient only, and a reward has none; "
                + "use klPlacement: loss, or k3";
        if (o.KlTarget > 0 && o.KlCoefficient == 0)
            return Text($"klTarget: a klCoefficient of 0 stays 0 however it is steered towards {o.KlTarget}; ")
                + "start from more than 0 or leave klTarget out";
        if (o.KlTarget == 0 && o.KlHorizon != Default.KlHorizon)
            return Text($"klHorizon: {o.KlHorizon} steers nothing without klTarget; set klTarget or leave klHorizon out");
        return null;
    }

    private static string? Losses(PpoOptions o)
    {
        if (o.DualClip is > 0 and <= 1)
            return Text($"dualClip: {o.DualClip} would cut off the unclipped loss itself; it must be more than 1 (3 is usual), or 0 = off");
        if (o.ValueCoefficient == 0 && (o.CriticWarmupUpdates > 0 || o.CriticLearningRate > 0))
            return "valueCoefficient: at 0 the critic does not learn, so that criticLearningRate and criticWarmupUpdates do nothing; "
                + "raise it or leave them out";
        if (o.PtxCoefficient == 0 && o.PtxText != Default.PtxText)
            return $"ptxText: '{o.PtxText}' is read only where ptxCoefficient is more than 0; set it or leave ptxText out";
        return null;
    }

    private static string? Evaluation(PpoOptions o) =>
        o.EvaluationPrompts == 0 && o.EvaluateEvery != 0 && o.EvaluateEvery != Default.EvaluateEvery
        ? Text($"evaluateEvery: {o.EvaluateEvery} samples nothing where evaluationPrompts is 0; ")
            + "raise evaluationPrompts or leave evaluateEvery out"
        : null;

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}

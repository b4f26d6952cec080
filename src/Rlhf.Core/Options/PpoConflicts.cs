using System.Globalization;

namespace Rlhf.Core.Options;

/// <summary>
/// Finds PPO options that have no effect together. A changed value that would have no effect is refused, not ignored.
/// </summary>
internal static class PpoConflicts
{
    private static readonly PpoOptions Default = new();

    /// <summary>A message about the first conflict; null if there is none.</summary>
    public static string? Find(PpoOptions o) => Batches(o) ?? Divergence(o) ?? Losses(o) ?? Evaluation(o);

    private static string? Batches(PpoOptions o)
    {
        if (o.Minibatches > o.BatchSize)
            return Text($"minibatches: {o.Minibatches} minibatches cannot be made of {o.BatchSize} completions; ")
                + "lower minibatches or raise batchSize";
        if (o.CriticWarmupUpdates >= o.Updates)
            return Text($"criticWarmupUpdates: {o.CriticWarmupUpdates} of {o.Updates} updates leave none in which the policy is trained; ")
                + "lower it or raise updates";
        if (o.StopAtApproxKl > 0 && o.Epochs * (long)o.Minibatches == 1)
            return "stopAtApproxKl: an update of one optimizer step (epochs 1, minibatches 1) has nothing to end early; "
                + "raise epochs or minibatches, or set it to 0";
        return null;
    }

    private static string? Divergence(PpoOptions o)
    {
        if (o.KlPlacement == KlPlacement.Loss && o.KlEstimator == KlEstimator.K1)
            return "klEstimator: k1 in the loss (klPlacement: loss) has no effect: the expected gradient is 0 for every policy; use k2, "
                + "or klPlacement: reward";
        if (o.KlPlacement == KlPlacement.Reward && o.KlEstimator == KlEstimator.K3StraightThrough)
            return "klEstimator: k3StraightThrough differs from k3 only in its gradient, and a reward has no gradient; "
                + "use klPlacement: loss, or k3";
        if (o.KlTarget > 0 && o.KlCoefficient == 0)
            return Text($"klTarget: a klCoefficient of 0 stays 0, so the target {o.KlTarget} has no effect; ")
                + "set klCoefficient to more than 0 or leave klTarget out";
        if (o.KlTarget == 0 && o.KlHorizon != Default.KlHorizon)
            return Text($"klHorizon: {o.KlHorizon} has no effect without klTarget; set klTarget or leave klHorizon out");
        return null;
    }

    private static string? Losses(PpoOptions o)
    {
        if (o.DualClip is > 0 and <= 1)
            return Text($"dualClip: {o.DualClip} would cut off the unclipped loss itself; it must be more than 1 (3 is usual), or 0 = off");
        if (o.ValueCoefficient == 0 && (o.CriticWarmupUpdates > 0 || o.CriticLearningRate > 0))
            return "valueCoefficient: at 0 the critic is not trained, so criticLearningRate and criticWarmupUpdates have no effect; "
                + "raise it or leave them out";
        if (o.PtxCoefficient == 0 && o.PtxText != Default.PtxText)
            return $"ptxText: '{o.PtxText}' is used only if ptxCoefficient is more than 0; set it or leave ptxText out";
        return null;
    }

    private static string? Evaluation(PpoOptions o) =>
        o.EvaluationPrompts == 0 && o.EvaluateEvery != 0 && o.EvaluateEvery != Default.EvaluateEvery
        ? Text($"evaluateEvery: {o.EvaluateEvery} has no effect if evaluationPrompts is 0; ")
            + "raise evaluationPrompts or leave evaluateEvery out"
        : null;

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}

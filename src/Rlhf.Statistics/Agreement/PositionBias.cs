using Rlhf.Statistics.Hypotheses;
using Rlhf.Statistics.Intervals;

namespace Rlhf.Statistics.Agreement;

/// <summary>Position bias: whether the item shown first wins more often than the second, given a random presentation order.</summary>
/// <param name="Share">The share of decisions for the item shown first, with its Wilson interval.</param>
/// <param name="Odds">The odds share/(1 − share). An upper end of null means unbounded.</param>
/// <param name="PValue">P-value of the two-sided sign test of a share of ½; 1 without a decision.</param>
public sealed record PositionBias(Interval Share, Interval Odds, double PValue)
{
    /// <param name="firstShownWins">The number of decisions for the item shown first.</param>
    /// <param name="decided">The number of decisions, without ties.</param>
    /// <param name="confidence">Confidence level of the intervals.</param>
    public static PositionBias Compute(int firstShownWins, int decided, double confidence = 0.95)
    {
        var share = WilsonInterval.Compute(firstShownWins, decided, confidence);
        var odds = new Interval(ToOdds(share.Value), ToOdds(share.Low), ToOdds(share.High))
        {
            WhyUndefined = share.WhyUndefined ?? (share.High == 1 ? "the first shown always won: the odds are unbounded" : null),
        };
        return new(share, odds, SignTest.Compute(firstShownWins, decided - firstShownWins).TwoSided);
    }

    private static double? ToOdds(double? share) => share is { } p && p < 1 ? p / (1 - p) : null;
}

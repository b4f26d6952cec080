using Rlhf.Statistics.Hypotheses;
using Rlhf.Statistics.Intervals;

namespace Rlhf.Statistics.Agreement;

/// <summary>Whether what is shown first wins more often than what is shown second, where the order shown was drawn at random.</summary>
/// <param name="Share">How often the first shown won, with its Wilson interval.</param>
/// <param name="Odds">The odds of the first shown: share/(1 − share). An upper end of null is unbounded.</param>
/// <param name="PValue">Of the two-sided sign test of a share of ½; 1 without a decision.</param>
public sealed record PositionBias(Interval Share, Interval Odds, double PValue)
{
    /// <param name="firstShownWins">Decisions for what was shown first.</param>
    /// <param name="decided">Decisions without ties.</param>
    /// <param name="confidence">Of the intervals.</param>
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

using Rlhf.Core.Randomness;
using Rlhf.Statistics.Intervals;

namespace Rlhf.Statistics.Comparison;

/// <summary>Win rates, with ties as half a win.</summary>
public static class WinRate
{
    /// <summary>1 if the score is above the other's, ½ if both are equal, else 0.</summary>
    public static double Outcome(double score, double other) => score > other ? 1 : score == other ? 0.5 : 0;

    /// <summary>(wins + ties/2)/n with the Wilson interval; half counts make the interval conservative.</summary>
    public static Interval FromCounts(int wins, int losses, int ties, double confidence = 0.95) =>
        WilsonInterval.Compute(wins + ties / 2.0, (double)wins + losses + ties, confidence);

    /// <summary>
    /// The mean outcome over all comparisons, with the bootstrap interval over prompts (Wilson's where one side wins everything). One
    /// inner list per prompt.
    /// </summary>
    public static Interval ByPrompt(IReadOnlyList<IReadOnlyList<double>> outcomes, RandomStream stream,
        int replicates = ClusteredBootstrap.DefaultReplicates, double confidence = 0.95) =>
        ClusteredBootstrap.ShareInterval(outcomes, stream, replicates, confidence);

    /// <summary>The difference on the Elo scale, 400/ln 10 · logit(win rate); null for 0 and 1, where it is infinite.</summary>
    public static double? EloDifference(double winRate) =>
        winRate is > 0 and < 1 ? 400 / Math.Log(10) * Math.Log(winRate / (1 - winRate)) : null;
}

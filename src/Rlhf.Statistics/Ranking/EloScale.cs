namespace Rlhf.Statistics.Ranking;

/// <summary>Logit scores on the Elo scale, where 400 points are odds of 10 to 1.</summary>
public static class EloScale
{
    public const double DefaultBase = 1000;

    /// <summary>400/ln 10 = 173.72 points for each unit of score.</summary>
    public static double PointsPerUnit { get; } = 400 / Math.Log(10);

    /// <summary>base + 173.72·(score − mean of the scores).</summary>
    public static double[] FromScores(IReadOnlyList<double> scores, double mean = DefaultBase)
    {
        double center = scores.Count == 0 ? 0 : scores.Average();
        return [.. scores.Select(score => mean + PointsPerUnit * (score - center))];
    }

    /// <summary>The expected outcome of a player rated <paramref name="first"/> against one rated <paramref name="second"/>.</summary>
    public static double ExpectedOutcome(double first, double second) => 1 / (1 + Math.Pow(10, (second - first) / 400));
}

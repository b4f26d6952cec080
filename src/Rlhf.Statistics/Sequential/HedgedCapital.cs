namespace Rlhf.Statistics.Sequential;

/// <summary>
/// A confidence sequence of the mean of outcomes in [0, 1], ties as ½ included (Waudby-Smith and Ramdas 2023): two capital
/// processes bet on a mean above and below m; if one of them grows large, m is rejected. The order of the outcomes matters.
/// </summary>
public sealed class HedgedCapital
{
    /// <summary>Maximum share of the capital that is bet against a mean.</summary>
    private const double LargestStake = 0.5;

    private readonly double[] _outcomes;
    private readonly double _confidence;

    /// <param name="outcomes">Outcomes in [0, 1], in the order of observation.</param>
    /// <param name="confidence">Simultaneous confidence level of the intervals at all times.</param>
    public HedgedCapital(IEnumerable<double> outcomes, double confidence = 0.95)
    {
        if (confidence is not (> 0 and < 1))
            throw new ArgumentOutOfRangeException(nameof(confidence), confidence, "between 0 and 1");
        _outcomes = [.. outcomes];
        if (_outcomes.Any(x => x is not (>= 0 and <= 1)))
            throw new ArgumentOutOfRangeException(nameof(outcomes), _outcomes.First(x => x is not (>= 0 and <= 1)), "between 0 and 1");
        _confidence = confidence;
        Bets = ComputeBets();
    }

    /// <summary>λ_t = √(2 ln(2/α)/(v_{t−1} t ln(t + 1))) before the caps, v the running variance from ¼ on.</summary>
    public IReadOnlyList<double> Bets { get; }

    /// <summary>ln of the capital of the bets on a mean above <paramref name="mean"/>; decreasing in the mean.</summary>
    public double LogCapitalAbove(double mean) => LogCapitals(mean, 1)[^1];

    /// <summary>ln of the capital of the bets on a mean below <paramref name="mean"/>; increasing in the mean.</summary>
    public double LogCapitalBelow(double mean) => LogCapitals(mean, -1)[^1];

    /// <summary>The e-value against a mean after each outcome: half the larger capital. A value of 1/α rejects it at any time.</summary>
    public IReadOnlyList<double> Evidence(double mean) =>
        [.. LogCapitals(mean, 1).Zip(LogCapitals(mean, -1), (above, below) => Math.Exp(Math.Max(above, below)) / 2).Skip(1)];

    /// <summary>The interval after all outcomes: 0 to 1 after none.</summary>
    public Interval Interval()
    {
        double limit = Math.Log(2 / (1 - _confidence));
        double Above(double m) => LogCapitalAbove(m) - limit;
        double Below(double m) => LogCapitalBelow(m) - limit;
        // At 1 bets on a higher mean cannot win, at 0 bets on a lower mean cannot.
        double low = Above(0) < 0 ? 0 : ConfidenceRoots.Bisect(Above, 1, 0), high = Below(1) < 0 ? 1 : ConfidenceRoots.Bisect(Below, 0, 1);
        double? mean = _outcomes.Length == 0 ? null : _outcomes.Average();
        if (low > high)
            return new(mean, null, null) { WhyUndefined = "no mean fits all outcomes: the mean has changed over time" };
        return new(mean, low, high) { WhyUndefined = mean is null ? "nothing was observed: any mean is possible" : null };
    }

    /// <summary>ln capital at the start and after each outcome.</summary>
    private double[] LogCapitals(double mean, int direction)
    {
        double[] logs = new double[_outcomes.Length + 1];
        double room = direction > 0 ? mean : 1 - mean;
        for (int t = 0; t < _outcomes.Length; t++)
        {
            double bet = room == 0 ? Bets[t] : Math.Min(Bets[t], LargestStake / room);
            logs[t + 1] = logs[t] + Math.Log(1 + direction * bet * (_outcomes[t] - mean));
        }
        return logs;
    }

    private double[] ComputeBets()
    {
        double[] bets = new double[_outcomes.Length];
        double sum = 0.5, squares = 0.25, variance = 0.25;
        for (int t = 1; t <= bets.Length; t++)
        {
            bets[t - 1] = Math.Sqrt(2 * Math.Log(2 / (1 - _confidence)) / (variance * t * Math.Log(t + 1)));
            sum += _outcomes[t - 1];
            double distance = _outcomes[t - 1] - sum / (t + 1);
            squares += distance * distance;
            variance = squares / (t + 1);
        }
        return bets;
    }
}

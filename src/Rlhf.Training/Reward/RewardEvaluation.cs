using Rlhf.Statistics.Calibration;

namespace Rlhf.Training.Reward;

/// <summary>Two completions of one prompt that the ranking puts in an order, under the reward model.</summary>
/// <param name="Ranking">Which of the rankings given they come from.</param>
/// <param name="Better">The place of the better completion in its ranking.</param>
/// <param name="Worse">The place of the worse one.</param>
/// <param name="Margin">Raw score of the better one less that of the worse one.</param>
/// <param name="Strength">How clear the judgment was; null = not stated.</param>
/// <param name="LengthDifference">Tokens of the better one less tokens of the worse one, as far as the model reads them.</param>
public sealed record ScoredPair(int Ranking, int Better, int Worse, double Margin, double? Strength, int LengthDifference);

/// <summary>What a reward model is worth on rankings that it has not seen (ties enter the loss alone).</summary>
/// <param name="Rankings">How many rankings.</param>
/// <param name="Pairs">All pairs with an order, those that are one text to the model left out.</param>
/// <param name="Loss">As in training, without margins and centering.</param>
public sealed record RewardEvaluation(int Rankings, IReadOnlyList<ScoredPair> Pairs, double Loss)
{
    /// <summary>Share of the pairs whose better completion scores higher; equal scores count half. Null without pairs.</summary>
    public double? Accuracy => MarginCalibration.Accuracy([.. Pairs.Select(p => p.Margin)]);

    /// <summary>The same for each stated strength.</summary>
    public IReadOnlyDictionary<double, double> AccuracyByStrength =>
        Pairs.Where(p => p.Strength is not null).GroupBy(p => p.Strength!.Value)
        .OrderBy(g => g.Key).ToDictionary(g => g.Key, g => g.Average(p => MarginCalibration.Correct(p.Margin)));

    /// <summary>Mean lead of the better completion.</summary>
    public double? MeanMargin => Pairs.Count == 0 ? null : Pairs.Average(p => p.Margin);

    /// <summary>σ(|Δ|) against how often the order is right, in bins of equally many pairs.</summary>
    public ReliabilityCurve Calibration => MarginCalibration.Curve([.. Pairs.Select(p => p.Margin)]);

    /// <summary>Tokens by which the better completion is longer, on average.</summary>
    public double? MeanLengthDifference => Pairs.Count == 0 ? null : Pairs.Average(p => p.LengthDifference);

    /// <summary>The numbers by the names under which the trainer reports them.</summary>
    public IReadOnlyDictionary<string, double> Metrics()
    {
        var metrics = new Dictionary<string, double> { ["evaluation/loss"] = Loss };
        void Add(string name, double? value)
        {
            if (value is { } known)
                metrics[name] = known;
        }
        Add("evaluation/accuracy", Accuracy);
        Add("evaluation/margin", MeanMargin);
        Add("evaluation/calibration_error", Calibration.ExpectedError);
        Add("evaluation/length_difference", MeanLengthDifference);
        foreach (var (strength, accuracy) in AccuracyByStrength)
            metrics[FormattableString.Invariant($"evaluation/accuracy/strength_{strength}")] = accuracy;
        return metrics;
    }
}

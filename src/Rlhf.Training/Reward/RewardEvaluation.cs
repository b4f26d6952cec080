using Rlhf.Statistics.Calibration;

namespace Rlhf.Training.Reward;

/// <summary>An ordered pair of completions of one prompt, with its score margin under the reward model.</summary>
/// <param name="Ranking">Index of the ranking in the input.</param>
/// <param name="Better">Index of the better completion in its ranking.</param>
/// <param name="Worse">Index of the worse completion in its ranking.</param>
/// <param name="Margin">Raw score of the better one − raw score of the worse one.</param>
/// <param name="Strength">Strength of the preference; null = not stated.</param>
/// <param name="LengthDifference">Tokens of the better one − tokens of the worse one, after truncation.</param>
public sealed record ScoredPair(int Ranking, int Better, int Worse, double Margin, double? Strength, int LengthDifference);

/// <summary>The evaluation of a reward model on held-out rankings. Ties enter only the loss.</summary>
/// <param name="Rankings">The number of rankings.</param>
/// <param name="Pairs">All ordered pairs with different ids after truncation.</param>
/// <param name="Loss">The training loss without margins and centering.</param>
public sealed record RewardEvaluation(int Rankings, IReadOnlyList<ScoredPair> Pairs, double Loss)
{
    /// <summary>Share of pairs whose better completion has the higher score; equal scores count half. Null without pairs.</summary>
    public double? Accuracy => MarginCalibration.Accuracy([.. Pairs.Select(p => p.Margin)]);

    /// <summary>Accuracy by stated strength.</summary>
    public IReadOnlyDictionary<double, double> AccuracyByStrength =>
        Pairs.Where(p => p.Strength is not null).GroupBy(p => p.Strength!.Value)
        .OrderBy(g => g.Key).ToDictionary(g => g.Key, g => g.Average(p => MarginCalibration.Correct(p.Margin)));

    /// <summary>Mean score margin of the better completion.</summary>
    public double? MeanMargin => Pairs.Count == 0 ? null : Pairs.Average(p => p.Margin);

    /// <summary>The reliability curve: confidence σ(|Δ|) against accuracy, in bins of equally many pairs.</summary>
    public ReliabilityCurve Calibration => MarginCalibration.Curve([.. Pairs.Select(p => p.Margin)]);

    /// <summary>Mean length difference in tokens, better − worse.</summary>
    public double? MeanLengthDifference => Pairs.Count == 0 ? null : Pairs.Average(p => p.LengthDifference);

    /// <summary>The metrics, by the names in the trainer's reports.</summary>
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

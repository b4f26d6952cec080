using Rlhf.Statistics.Intervals;
using Rlhf.Statistics.Optimization;
using Rlhf.Statistics.Regression;

namespace Rlhf.Statistics.Comparison;

/// <summary>The transformation of the length difference in the regression.</summary>
public enum LengthTransform
{
    /// <summary>None.</summary>
    Linear,

    /// <summary>tanh(difference/standard deviation), as in AlpacaEval 2: large differences have similar effects.</summary>
    Tanh,
}

/// <summary>
/// The win rate at equal lengths (Dubois et al. 2024): logit P(win) = intercept + slope · z + offset, predicted at z = 0. z is not
/// centered, so that swapping the models gives 1 − rate.
/// </summary>
/// <param name="Rate">σ(intercept) with the model's Wald interval, which assumes independent outcomes.</param>
/// <param name="ClusteredRate">The same with a standard error clustered by prompt; null without clusters.</param>
/// <param name="RawRate">The mean outcome; null without outcomes.</param>
/// <param name="Intercept">Null if <see cref="Rate"/> is undefined.</param>
/// <param name="Slope">Null if the lengths do not differ.</param>
/// <param name="InterceptError">Standard error, model-based.</param>
/// <param name="SlopeError">Standard error, model-based.</param>
/// <param name="ClusteredInterceptError">Standard error by the sandwich over clusters, without small-sample correction.</param>
/// <param name="ClusteredSlopeError">As above.</param>
/// <param name="LengthDeviation">The standard deviation (divisor n) used by tanh; null for other transforms.</param>
/// <param name="LogLikelihood">Σ y ln p + (1 − y) ln(1 − p).</param>
public sealed record LengthControlledWinRate(Interval Rate, Interval? ClusteredRate, double? RawRate, double? Intercept, double? Slope,
    double? InterceptError, double? SlopeError, double? ClusteredInterceptError, double? ClusteredSlopeError, double? LengthDeviation,
    double? LogLikelihood)
{
    /// <param name="outcomes">The outcome of each comparison: 1, ½ or 0.</param>
    /// <param name="lengthDifferences">Own length − length of the other.</param>
    /// <param name="transform">The transformation of the length differences.</param>
    /// <param name="offsets">Known parts of the logit, for example the difficulty of the prompt; null = none.</param>
    /// <param name="clusters">The prompt of each comparison; null = no clusters.</param>
    /// <param name="confidence">Confidence level of the intervals.</param>
    public static LengthControlledWinRate Compute(IReadOnlyList<double> outcomes, IReadOnlyList<double> lengthDifferences,
        LengthTransform transform = LengthTransform.Linear, IReadOnlyList<double>? offsets = null, IReadOnlyList<int>? clusters = null,
        double confidence = 0.95)
    {
        int n = outcomes.Count;
        if (lengthDifferences.Count != n || (offsets?.Count ?? n) != n || (clusters?.Count ?? n) != n)
            throw new ArgumentException($"{n} outcomes need as many length differences, offsets and clusters", nameof(lengthDifferences));
        if (n == 0)
            return Undefined("nothing was compared", null);
        double raw = outcomes.Average(), mean = lengthDifferences.Average();
        double deviation = Math.Sqrt(lengthDifferences.Average(d => (d - mean) * (d - mean)));
        bool same = lengthDifferences.All(d => d == lengthDifferences[0]);
        double[] z = [.. lengthDifferences.Select(d => transform == LengthTransform.Tanh && !same ? Math.Tanh(d / deviation) : d)];
        if (WhyNone(outcomes, z, same) is { } why)
            return Undefined(why, raw);
        var fit = LogisticRegression.Fit([.. z.Select(x => Row(x, same))], outcomes, offsets, clusters);
        if (fit is null)
            return Undefined("the regression has no finite maximum", raw);
        double intercept = fit.Coefficients[0], quantile = WilsonInterval.Quantile(confidence);
        Interval At(double error) => new(Logistic.Sigma(intercept), Logistic.Sigma(intercept - quantile * error),
            Logistic.Sigma(intercept + quantile * error));
        double interceptError = Math.Sqrt(fit.Covariance[0, 0]);
        double? clustered = fit.ClusterCovariance is { } sandwich ? Math.Sqrt(sandwich[0, 0]) : null;
        return new(At(interceptError), clustered is { } error ? At(error) : null, raw, intercept, same ? null : fit.Coefficients[1],
            interceptError,
            same ? null : Math.Sqrt(fit.Covariance[1, 1]), clustered,
            same || fit.ClusterCovariance is null ? null : Math.Sqrt(fit.ClusterCovariance[1, 1]),
            transform == LengthTransform.Tanh && !same ? deviation : null, fit.LogLikelihood);
    }

    private static double[] Row(double z, bool same) => same ? [1] : [1, z];

    /// <summary>
    /// A tie is half a win and half a loss at its length: the maximum is finite where neither side of a length holds one kind only.
    /// </summary>
    private static string? WhyNone(IReadOnlyList<double> outcomes, double[] z, bool same)
    {
        double[] won = [.. z.Where((_, i) => outcomes[i] > 0)], lost = [.. z.Where((_, i) => outcomes[i] < 1)];
        if (lost.Length == 0)
            return "no loss was seen: the rate cannot be distinguished from 1";
        if (won.Length == 0)
            return "no win was seen: the rate cannot be distinguished from 0";
        if (same)
            return z[0] == 0 ? null : "all lengths differ by the same amount: the rate at equal lengths cannot be estimated";
        if (lost.Max() <= won.Min() || won.Max() <= lost.Min())
            return "the length decides every comparison: the rate at equal lengths cannot be estimated";
        return null;
    }

    private static LengthControlledWinRate Undefined(string why, double? raw) =>
        new(Interval.UndefinedBecause(why), null, raw, null, null, null, null, null, null, null, null);
}

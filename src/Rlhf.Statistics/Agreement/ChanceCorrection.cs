namespace Rlhf.Statistics.Agreement;

/// <summary>Models of chance agreement. All coefficients are (observed − expected)/(1 − expected).</summary>
public enum ChanceModel
{
    /// <summary>
    /// AC1 for identity weights, AC2 for others: Σw/(q(q−1)) · Σ π_k(1 − π_k) (Gwet 2008). Stable if one category prevails.
    /// </summary>
    Gwet,

    /// <summary>Σ w π_k π_l with the shares π of all answers: Fleiss' κ, generalized to missing answers.</summary>
    Fleiss,

    /// <summary>Σ w/q²: all q categories equally likely (Brennan and Prediger 1981).</summary>
    BrennanPrediger,

    /// <summary>Pairs of different annotators with their own shares: Cohen's κ for more than two (Conger 1980).</summary>
    Conger,

    /// <summary>Krippendorff's α; subjects with fewer than two answers are left out.</summary>
    Krippendorff,
}

/// <summary>
/// A chance-corrected agreement coefficient, with its standard error over subjects (Gwet 2014, "Handbook of Inter-Rater Reliability").
/// </summary>
/// <param name="Coefficient">The coefficient with its t interval, whose upper end is at most 1.</param>
/// <param name="StandardError">Null for fewer than two subjects.</param>
/// <param name="Observed">Weighted agreement within subjects.</param>
/// <param name="Expected">Weighted agreement by chance.</param>
/// <param name="PValue">
/// Two-sided p-value of a coefficient of 0, by t with n − 1 degrees of freedom; null if the standard error is 0.
/// </param>
public sealed record ChanceCorrected(Interval Coefficient, double? StandardError, double? Observed, double? Expected, double? PValue)
{
    internal static ChanceCorrected Undefined(string why) => new(Interval.UndefinedBecause(why), null, null, null, null);
}

namespace Rlhf.Statistics.Hypotheses;

/// <summary>
/// P-values adjusted for the number of tests, in the given order: reject those that are at most the level. Bonferroni and Holm control
/// the family-wise error rate, the other two the false discovery rate.
/// </summary>
public static class MultipleTesting
{
    public static double[] Bonferroni(IReadOnlyList<double> pValues) => [.. Checked(pValues).Select(p => Math.Min(1, p * pValues.Count))];

    /// <summary>Holm 1979: never less powerful than Bonferroni.</summary>
    public static double[] Holm(IReadOnlyList<double> pValues)
    {
        double[] adjusted = new double[pValues.Count];
        double largest = 0;
        int remaining = pValues.Count;
        foreach (int i in Ascending(pValues))
        {
            largest = Math.Max(largest, Math.Min(1, pValues[i] * remaining--));
            adjusted[i] = largest;
        }
        return adjusted;
    }

    /// <summary>Benjamini and Hochberg 1995, for independent or positively dependent tests.</summary>
    public static double[] BenjaminiHochberg(IReadOnlyList<double> pValues) => StepUp(pValues, 1);

    /// <summary>Benjamini and Yekutieli 2001, for any dependence.</summary>
    public static double[] BenjaminiYekutieli(IReadOnlyList<double> pValues) =>
        StepUp(pValues, Enumerable.Range(1, pValues.Count).Sum(i => 1.0 / i));

    private static double[] StepUp(IReadOnlyList<double> pValues, double factor)
    {
        double[] adjusted = new double[pValues.Count];
        double smallest = 1;
        int rank = pValues.Count;
        foreach (int i in Ascending(pValues).Reverse())
        {
            smallest = Math.Min(smallest, pValues[i] * factor * pValues.Count / rank--);
            adjusted[i] = smallest;
        }
        return adjusted;
    }

    private static IEnumerable<int> Ascending(IReadOnlyList<double> pValues) =>
        Enumerable.Range(0, Checked(pValues).Count).OrderBy(i => pValues[i]);

    private static IReadOnlyList<double> Checked(IReadOnlyList<double> pValues) => pValues.All(p => p is >= 0 and <= 1)
        ? pValues
        : throw new ArgumentOutOfRangeException(nameof(pValues), pValues.First(p => p is not (>= 0 and <= 1)), "between 0 and 1");
}

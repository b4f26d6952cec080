namespace Rlhf.Statistics.Agreement;

/// <summary>How much two different categories count as agreement.</summary>
public enum WeightScheme
{
    /// <summary>1 for the same category, 0 otherwise.</summary>
    Identity,

    /// <summary>1 − |a − b|/range of the category values.</summary>
    Linear,

    /// <summary>1 − ((a − b)/range)².</summary>
    Quadratic,

    /// <summary>By positions in the list: 1 − C(|k − l| + 1, 2)/C(q, 2).</summary>
    Ordinal,
}

/// <summary>Agreement weights of pairs of categories.</summary>
internal static class CategoryWeights
{
    /// <summary>The q × q weights of ascending <paramref name="categories"/>; 1 on the diagonal.</summary>
    public static double[,] Compute(WeightScheme scheme, IReadOnlyList<double> categories)
    {
        int q = categories.Count;
        double[,] weights = new double[q, q];
        double range = q == 0 ? 0 : categories[^1] - categories[0], pairs = q * (q - 1) / 2.0;
        for (int k = 0; k < q; k++)
        {
            for (int l = 0; l < q; l++)
            {
                double steps = Math.Abs(k - l), part = range == 0 ? 0 : (categories[k] - categories[l]) / range;
                weights[k, l] = k == l ? 1 : scheme switch
                {
                    WeightScheme.Identity => 0,
                    WeightScheme.Linear => 1 - Math.Abs(part),
                    WeightScheme.Quadratic => 1 - part * part,
                    _ => 1 - steps * (steps + 1) / 2 / pairs,
                };
            }
        }
        return weights;
    }
}

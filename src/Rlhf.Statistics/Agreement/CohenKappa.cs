using Rlhf.Statistics.Intervals;

namespace Rlhf.Statistics.Agreement;

/// <summary>
/// Cohen's κ of two annotators who judged the same items (Cohen 1960; weighted 1968), with the large-sample standard error of Fleiss,
/// Cohen and Everitt 1969. Undefined without items, and if both put all items into the same category.
/// </summary>
/// <param name="Items">Items that both judged.</param>
/// <param name="Observed">The unweighted share of equal answers; null without items.</param>
/// <param name="Expected">The unweighted share of equal answers by chance; null without items.</param>
/// <param name="Kappa">κ ± z · standard error; not limited to ±1.</param>
/// <param name="StandardError">0 if κ is 1: the formula gives no uncertainty there, so the interval is not reliable.</param>
/// <param name="StandardErrorOfNull">The standard error for the test of κ = 0.</param>
/// <param name="Largest">The largest possible κ given the annotators' shares of the categories; only for identity weights.</param>
public sealed record CohenKappa(long Items, double? Observed, double? Expected, Interval Kappa, double? StandardError,
    double? StandardErrorOfNull, double? Largest)
{
    /// <param name="table">Rows: the first annotator's category, columns: the second's; square, categories in order.</param>
    /// <param name="scheme">Weights over positions 0 … q − 1.</param>
    /// <param name="confidence">Confidence level of the interval.</param>
    public static CohenKappa Compute(int[,] table, WeightScheme scheme = WeightScheme.Identity, double confidence = 0.95)
    {
        int q = table.GetLength(0);
        if (table.GetLength(1) != q)
            throw new ArgumentException($"a square table is needed; got {q} × {table.GetLength(1)}", nameof(table));
        long n = table.Cast<int>().Sum(count => (long)count);
        if (n == 0)
            return new(0, null, null, Interval.UndefinedBecause("no item was judged by both"), null, null, null);
        double[] rows = new double[q], columns = new double[q];
        for (int i = 0; i < q; i++)
        {
            for (int j = 0; j < q; j++)
            {
                rows[i] += (double)table[i, j] / n;
                columns[j] += (double)table[i, j] / n;
            }
        }
        double observed = Enumerable.Range(0, q).Sum(i => (double)table[i, i]) / n;
        double expected = Enumerable.Range(0, q).Sum(i => rows[i] * columns[i]);
        double[,] weights = CategoryWeights.Compute(scheme, [.. Enumerable.Range(0, q).Select(k => (double)k)]);
        double disagreement = 0, byChance = 0;
        Over(q, (i, j) =>
        {
            disagreement += (1 - weights[i, j]) * table[i, j] / n;
            byChance += (1 - weights[i, j]) * rows[i] * columns[j];
        });
        if (byChance == 0)
            return new(n, observed, expected, Interval.UndefinedBecause("both annotators put all items into the same category"), null,
                null, null);
        double kappa = 1 - disagreement / byChance;
        double largest = (Enumerable.Range(0, q).Sum(i => Math.Min(rows[i], columns[i])) - expected) / (1 - expected);
        double[] ofRow = [.. Enumerable.Range(0, q).Select(i => Enumerable.Range(0, q).Sum(j => weights[i, j] * columns[j]))];
        double[] ofColumn = [.. Enumerable.Range(0, q).Select(j => Enumerable.Range(0, q).Sum(i => weights[i, j] * rows[i]))];
        double error = Deviation(q, (i, j) => (double)table[i, j] / n, (i, j) => weights[i, j] - (ofRow[i] + ofColumn[j]) * (1 - kappa));
        double errorOfNull = Deviation(q, (i, j) => rows[i] * columns[j], (i, j) => weights[i, j] - (ofRow[i] + ofColumn[j]));
        double scale = Math.Sqrt(n) * byChance, half = WilsonInterval.Quantile(confidence) * error / scale;
        return new(n, observed, expected, new(kappa, kappa - half, kappa + half), error / scale, errorOfNull / scale,
            scheme == WeightScheme.Identity ? largest : null);
    }

    /// <summary>The table of pairs of answers, each a category in 0 … <paramref name="categories"/> − 1.</summary>
    public static int[,] CrossTable(IEnumerable<(int First, int Second)> answers, int categories)
    {
        int[,] table = new int[categories, categories];
        foreach (var (first, second) in answers)
            table[first, second]++;
        return table;
    }

    /// <summary>The standard deviation of the values under the shares.</summary>
    private static double Deviation(int q, Func<int, int, double> share, Func<int, int, double> value)
    {
        double mean = 0, variance = 0;
        Over(q, (i, j) => mean += share(i, j) * value(i, j));
        Over(q, (i, j) => variance += share(i, j) * (value(i, j) - mean) * (value(i, j) - mean));
        return Math.Sqrt(variance);
    }

    private static void Over(int q, Action<int, int> cell)
    {
        for (int i = 0; i < q; i++)
        {
            for (int j = 0; j < q; j++)
                cell(i, j);
        }
    }
}

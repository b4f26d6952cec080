using MathNet.Numerics.Distributions;

namespace Rlhf.Statistics.Agreement;

/// <summary>
/// Gwet's AC1/AC2 and related coefficients, for any number of annotators and with missing answers. The list of categories is an input:
/// AC1 and Brennan–Prediger depend on their number, including unused ones, and are therefore defined even if all answers are equal.
/// </summary>
public static class GwetAgreement
{
    private const string NothingExpected = "chance alone would give full agreement";

    /// <param name="subjects">
    /// For each subject the answers of annotators 0, 1, …: values in <paramref name="categories"/>, null = missing.
    /// </param>
    /// <param name="categories">All possible values, ascending.</param>
    /// <param name="model">The model of chance agreement.</param>
    /// <param name="scheme">Weights of different categories.</param>
    /// <param name="confidence">Confidence level of the interval.</param>
    public static ChanceCorrected Compute(IReadOnlyList<IReadOnlyList<double?>> subjects, IReadOnlyList<double> categories,
        ChanceModel model = ChanceModel.Gwet, WeightScheme scheme = WeightScheme.Identity, double confidence = 0.95)
    {
        if (subjects.Any(row => row.Count != subjects[0].Count))
            throw new ArgumentException("every subject needs a place for each annotator, null where there is no answer", nameof(subjects));
        double[] known = [.. categories];
        int atLeast = model == ChanceModel.Krippendorff ? 2 : 1;
        int[][] answers = [.. subjects.Select(row => Indices(row, known)).Where(row => row.Count(k => k >= 0) >= atLeast)];
        if (known.Length < 2)
            return ChanceCorrected.Undefined("there is one category only");
        if (answers.All(row => row.Count(k => k >= 0) < 2))
            return ChanceCorrected.Undefined("no subject has two answers");
        double[,] weights = CategoryWeights.Compute(scheme, known);
        return model == ChanceModel.Krippendorff
            ? Alpha(answers, weights, confidence)
            : Coefficient(answers, weights, model, confidence);
    }

    private static ChanceCorrected Coefficient(int[][] answers, double[,] weights, ChanceModel model, double confidence)
    {
        int q = weights.GetLength(0);
        double n = answers.Length, paired = answers.Count(row => row.Count(k => k >= 0) > 1);
        double[][] counts = [.. answers.Select(row => Counts(row, q))];
        double[] observedOf = [.. counts.Select(row => row.Sum() is > 1 and var r ? WithinSubject(row, weights) / (r * (r - 1)) : 0)];
        double observed = observedOf.Sum() / paired;
        double[] shares = [.. Enumerable.Range(0, q).Select(k => counts.Sum(row => row[k] / row.Sum()) / n)];
        double allWeights = weights.Cast<double>().Sum();

        // The influence of each subject on the expected agreement; the mean of the influences is the expected agreement.
        double[] expectedOf = model switch
        {
            ChanceModel.Gwet => [.. counts.Select(row =>
                allWeights / (q * (q - 1.0)) * Enumerable.Range(0, q).Sum(k => row[k] / row.Sum() * (1 - shares[k])))],
            ChanceModel.Fleiss => [.. counts.Select(row => Enumerable.Range(0, q)
                .Sum(k => row[k] / row.Sum() * Weighted(weights, shares, k)))],
            ChanceModel.BrennanPrediger => [.. counts.Select(_ => allWeights / (q * (double)q))],
            _ => CongerChance.PerSubject(answers, weights),
        };
        double expected = expectedOf.Average();
        if (1 - expected < 1e-12)
            return ChanceCorrected.Undefined(NothingExpected) with { Observed = observed };
        double coefficient = (observed - expected) / (1 - expected);
        double[] influence = [.. counts.Select((row, i) =>
            n / paired * (observedOf[i] - (row.Sum() > 1 ? expected : 0)) / (1 - expected)
            - 2 * (1 - coefficient) * (expectedOf[i] - expected) / (1 - expected))];
        if (model == ChanceModel.BrennanPrediger)
            influence = [.. counts.Select((row, i) => n / paired * (observedOf[i] - (row.Sum() > 1 ? expected : 0)) / (1 - expected))];
        return Result(coefficient, coefficient, influence, observed, expected, confidence);
    }

    private static ChanceCorrected Alpha(int[][] answers, double[,] weights, double confidence)
    {
        int q = weights.GetLength(0);
        double n = answers.Length;
        double[][] counts = [.. answers.Select(row => Counts(row, q))];
        double total = counts.Sum(row => row.Sum()), mean = total / n;
        double[] shares = [.. Enumerable.Range(0, q).Select(k => counts.Sum(row => row[k]) / total)];
        double expected = Enumerable.Range(0, q).Sum(k => shares[k] * Weighted(weights, shares, k));
        if (1 - expected < 1e-12)
            return ChanceCorrected.Undefined(NothingExpected);
        double[] within = [.. counts.Select(row => WithinSubject(row, weights) / (mean * (row.Sum() - 1)))];
        double raw = within.Average(), observed = (1 - 1 / total) * raw + 1 / total;
        double alpha = (observed - expected) / (1 - expected), rawAlpha = (raw - expected) / (1 - expected);
        double[] influence = [.. counts.Select((row, i) =>
        {
            double excess = (row.Sum() - mean) / mean;
            double chance = Enumerable.Range(0, q).Sum(k => row[k] * Weighted(weights, shares, k)) / mean - expected * excess;
            return (within[i] - observed * excess - expected) / (1 - expected) - 2 * (1 - rawAlpha) * (chance - expected) / (1 - expected);
        })];
        return Result(alpha, rawAlpha, influence, observed, expected, confidence);
    }

    /// <summary>Coefficient ± t · √(Σ(influence − center)²/(n(n − 1))).</summary>
    private static ChanceCorrected Result(double coefficient, double center, double[] influence, double observed, double expected,
        double confidence)
    {
        int n = influence.Length;
        if (n < 2)
        {
            return new(new(coefficient, null, null) { WhyUndefined = "one subject only: no interval" }, null, observed, expected, null);
        }
        double error = Math.Sqrt(influence.Sum(x => (x - center) * (x - center)) / (n * (n - 1.0)));
        double half = StudentT.InvCDF(0, 1, n - 1, 0.5 + confidence / 2) * error;
        double? p = error < 1e-14 ? null : 2 * StudentT.CDF(0, 1, n - 1, -Math.Abs(coefficient / error));
        return new(new(coefficient, coefficient - half, Math.Min(1, coefficient + half)), error, observed, expected, p);
    }

    /// <summary>Σ_k r_k(Σ_l w_kl r_l − 1).</summary>
    private static double WithinSubject(double[] counts, double[,] weights) =>
        Enumerable.Range(0, counts.Length).Sum(k => counts[k] * (Weighted(weights, counts, k) - 1));

    internal static double Weighted(double[,] weights, double[] values, int k)
    {
        double sum = 0;
        for (int l = 0; l < values.Length; l++)
            sum += weights[k, l] * values[l];
        return sum;
    }

    private static double[] Counts(int[] row, int q)
    {
        double[] counts = new double[q];
        foreach (int k in row.Where(k => k >= 0))
            counts[k]++;
        return counts;
    }

    private static int[] Indices(IReadOnlyList<double?> row, double[] categories) => [.. row.Select(value =>
    {
        if (value is not { } known)
            return -1;
        int index = Array.BinarySearch(categories, known);
        return index >= 0 ? index : throw new ArgumentException($"{known} is none of the categories {string.Join(", ", categories)}",
            nameof(row));
    })];
}

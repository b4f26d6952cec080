using Rlhf.Statistics.Intervals;

namespace Rlhf.Statistics.Agreement;

/// <summary>
/// The contribution of each distinct cluster of units to the coincidence matrix o: a pair of values (c, k) of a unit with m values
/// adds 1/(m − 1) to o[c, k], in both orders.
/// </summary>
/// <param name="Clusters">The clusters with at least one unit of two values.</param>
/// <param name="Values">The distinct values, ascending.</param>
/// <param name="CellsOf">For each kind of cluster the cells to which it contributes, as c·|Values| + k.</param>
internal sealed record Coincidences(ClusterKinds<double[]> Clusters, double[] Values, (int Cell, double Weight)[][] CellsOf)
{
    public static Coincidences Create(IReadOnlyList<IReadOnlyList<IReadOnlyList<double>>> clusters)
    {
        var kinds = Resampling.Sort<double[]>(clusters.Select(Canonical).Where(cluster => cluster.Length > 0),
            SequenceOrder<double>.Instance);
        double[] values = [.. kinds.Kinds.SelectMany(UnitsOf).SelectMany(unit => unit).Distinct().Order()];
        return new(kinds, values, [.. kinds.Kinds.Select(cluster => Cells(cluster, values))]);
    }

    /// <summary>α with each kind of cluster counted <paramref name="counts"/> times; null if it is undefined.</summary>
    public double? Alpha(int[] counts, MeasurementLevel level)
    {
        int size = Values.Length;
        double[] coincidence = new double[size * size];
        for (int kind = 0; kind < counts.Length; kind++)
        {
            if (counts[kind] == 0)
                continue;
            foreach (var (cell, weight) in CellsOf[kind])
                coincidence[cell] += counts[kind] * weight;
        }
        double[] marginal = new double[size];
        for (int c = 0; c < size; c++)
        {
            for (int k = 0; k < size; k++)
                marginal[c] += coincidence[c * size + k];
        }
        double[] before = Before(marginal);
        double total = marginal.Sum(), observed = 0, expected = 0;
        for (int c = 0; c < size; c++)
        {
            for (int k = c + 1; k < size; k++)
            {
                double distance = level switch
                {
                    MeasurementLevel.Nominal => 1,
                    MeasurementLevel.Ordinal => Square(before[k] + marginal[k] / 2 - before[c] - marginal[c] / 2),
                    MeasurementLevel.Interval => Square(Values[c] - Values[k]),
                    _ => Square((Values[c] - Values[k]) / (Values[c] + Values[k])),
                };
                observed += coincidence[c * size + k] * distance;
                expected += marginal[c] * marginal[k] * distance;
            }
        }
        return expected > 0 ? 1 - (total - 1) * observed / expected : null;
    }

    /// <summary>The number of values below each value.</summary>
    private static double[] Before(double[] marginal)
    {
        double[] before = new double[marginal.Length];
        for (int i = 1; i < before.Length; i++)
            before[i] = before[i - 1] + marginal[i - 1];
        return before;
    }

    /// <summary>The units with two values or more as one sequence: of each its length and its values, all in ascending order.</summary>
    private static double[] Canonical(IReadOnlyList<IReadOnlyList<double>> units)
    {
        double[][] sorted = [.. units.Where(unit => unit.Count > 1).Select(unit => unit.Order().ToArray())];
        Array.Sort(sorted, SequenceOrder<double>.Instance);
        return [.. sorted.SelectMany(unit => unit.Prepend(unit.Length))];
    }

    private static IEnumerable<double[]> UnitsOf(double[] cluster)
    {
        for (int i = 0; i < cluster.Length; i += 1 + (int)cluster[i])
            yield return cluster[(i + 1)..(i + 1 + (int)cluster[i])];
    }

    private static (int Cell, double Weight)[] Cells(double[] cluster, double[] values)
    {
        var cells = new SortedDictionary<int, double>();
        foreach (double[] unit in UnitsOf(cluster))
        {
            int[] indices = [.. unit.Select(value => Array.BinarySearch(values, value))];
            for (int i = 0; i < indices.Length; i++)
            {
                for (int j = 0; j < indices.Length; j++)
                {
                    int cell = indices[i] * values.Length + indices[j];
                    if (i != j)
                        cells[cell] = cells.GetValueOrDefault(cell) + 1.0 / (indices.Length - 1);
                }
            }
        }
        return [.. cells.Select(cell => (cell.Key, cell.Value))];
    }

    private static double Square(double x) => x * x;
}

namespace Rlhf.Simulation.Annotators;

/// <summary>
/// The Mallows model of noisy rankings (Mallows 1957): P(ranking) ∝ φ^d, d = the number of pairs in the wrong order. Drawn by
/// repeated insertion (Doignon, Pekeč and Regenwetter 2004): item i goes to place j ≤ i, counted from the front, with
/// probability φ^(i−j) / (1 + φ + … + φ^i), and then stands before i − j items that it should follow.
/// </summary>
public static class Mallows
{
    /// <summary>The expected share of wrong pairs among n items.</summary>
    public static double ErrorRate(int count, double dispersion)
    {
        double wrong = 0;
        for (int i = 1; i < count; i++)
        {
            double sum = 0, weighted = 0, power = 1;
            for (int passed = 0; passed <= i; passed++, power *= dispersion)
            {
                sum += power;
                weighted += passed * power;
            }
            wrong += weighted / sum;
        }
        return count < 2 ? 0 : wrong / (count * (count - 1) / 2.0);
    }

    /// <summary>
    /// The φ in [0, 1] whose expected share of wrong pairs is <paramref name="errorRate"/> (bisection; it rises with φ, to ½ at 1).
    /// </summary>
    public static double Dispersion(int count, double errorRate)
    {
        double low = 0, high = 1;
        for (int step = 0; step < 60; step++)
        {
            double middle = (low + high) / 2;
            (low, high) = ErrorRate(count, middle) < errorRate ? (middle, high) : (low, middle);
        }
        return (low + high) / 2;
    }

    /// <summary>A noisy order of 0 … n−1, where 0 is truly first; <paramref name="uniform"/> gives the draw of each insertion.</summary>
    public static int[] Draw(int count, double dispersion, Func<int, double> uniform)
    {
        var order = new List<int>(count);
        for (int i = 0; i < count; i++)
        {
            double sum = 0, power = 1;
            for (int passed = 0; passed <= i; passed++, power *= dispersion)
                sum += power;
            double at = uniform(i) * sum;
            int overtaken = 0;
            for (power = 1; overtaken < i && (at -= power) >= 0; power *= dispersion)
                overtaken++;
            order.Insert(i - overtaken, i);
        }
        return [.. order];
    }
}

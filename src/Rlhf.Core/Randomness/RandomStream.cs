namespace Rlhf.Core.Randomness;

/// <summary>
/// A named stream of random numbers under one root seed. Every number is a pure function of the seed, the name and up to four
/// counters, for example update, prompt, sample and position. It does not depend on batches, order or workers.
/// </summary>
public readonly record struct RandomStream
{
    private readonly ulong _key;

    /// <param name="rootSeed">The seed of the run.</param>
    /// <param name="name">The purpose of the stream: "sampling", "shuffle/epoch", "annotator/3".</param>
    public RandomStream(ulong rootSeed, string name) => _key = Philox.Key(rootSeed, name);

    /// <summary>64 random bits.</summary>
    public ulong Bits(uint a = 0, uint b = 0, uint c = 0, uint d = 0)
    {
        var (x0, x1, _, _) = Philox.Block(a, b, c, d, _key);
        return ((ulong)x1 << 32) | x0;
    }

    /// <summary>A uniform number in [0, 1) with 53 random bits.</summary>
    public double Uniform(uint a = 0, uint b = 0, uint c = 0, uint d = 0) => (Bits(a, b, c, d) >> 11) * (1.0 / (1UL << 53));

    /// <summary>A standard normal number (Box–Muller transform of the two halves of one block).</summary>
    public double Normal(uint a = 0, uint b = 0, uint c = 0, uint d = 0)
    {
        var (x0, x1, x2, x3) = Philox.Block(a, b, c, d, _key);
        double u1 = ((((ulong)x1 << 32) | x0) >> 11) * (1.0 / (1UL << 53));
        double u2 = ((((ulong)x3 << 32) | x2) >> 11) * (1.0 / (1UL << 53));
        return Math.Sqrt(-2 * Math.Log(1 - u1)) * Math.Cos(2 * Math.PI * u2);
    }

    /// <summary>A uniform integer in [0, <paramref name="bound"/>).</summary>
    public int Below(int bound, uint a = 0, uint b = 0, uint c = 0, uint d = 0)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(bound);
        // The high 64 bits of the product: the bias is below bound / 2^64.
        return (int)Math.BigMul(Bits(a, b, c, d), (ulong)bound, out _);
    }

    /// <summary>A uniform permutation of 0 … count−1 (Fisher–Yates; the index being swapped is the last counter).</summary>
    public int[] Permutation(int count, uint a = 0, uint b = 0, uint c = 0)
    {
        int[] order = [.. Enumerable.Range(0, count)];
        for (int i = count - 1; i > 0; i--)
        {
            int j = Below(i + 1, a, b, c, (uint)i);
            (order[i], order[j]) = (order[j], order[i]);
        }
        return order;
    }
}

using System.Numerics;
using Rlhf.Core.Randomness;

namespace Rlhf.Statistics.Intervals;

/// <summary>
/// Multinomial counts of a bootstrap resample: how often each kind of cluster is drawn. With many draws from few kinds, the draws are
/// split recursively into halves by binomial numbers from random bits. This is exact, and about ten times cheaper than one random
/// number per draw.
/// </summary>
internal sealed class MultinomialDraws
{
    /// <summary>With fewer draws per kind than this, a random number per draw is cheaper than splitting.</summary>
    private const int DrawsPerKindToSplit = 16;

    private readonly int[] _kindOf;
    private readonly int[] _starts;
    private readonly RandomStream _stream;
    private readonly uint _replicate;
    private readonly int[] _draws;
    private uint _next;

    private MultinomialDraws(int[] kindOf, int[] starts, RandomStream stream, uint replicate, int[] draws)
    {
        (_kindOf, _starts, _stream, _replicate, _draws) = (kindOf, starts, stream, replicate, draws);
    }

    /// <summary>Fills <paramref name="draws"/>, one count per kind: a pure function of the stream and the replicate.</summary>
    /// <param name="kindOf">The kind of each cluster, ascending.</param>
    /// <param name="starts">The index of the first cluster of each kind, then the number of clusters.</param>
    /// <param name="stream">The source of random bits.</param>
    /// <param name="replicate">Index of the replicate.</param>
    /// <param name="draws">The resulting counts.</param>
    public static void Fill(int[] kindOf, int[] starts, RandomStream stream, uint replicate, int[] draws)
    {
        Array.Clear(draws);
        new MultinomialDraws(kindOf, starts, stream, replicate, draws).Spread(kindOf.Length, 0, starts.Length - 1);
    }

    /// <summary>Distributes draws over the clusters of the kinds from … to − 1.</summary>
    private void Spread(int count, int from, int to)
    {
        if (count == 0)
            return;
        if (to - from == 1)
        {
            _draws[from] += count;
            return;
        }
        int first = _starts[from], clusters = _starts[to] - first;
        if (count < (long)DrawsPerKindToSplit * (to - from))
        {
            for (int i = 0; i < count; i++)
                _draws[_kindOf[first + _stream.Below(clusters, _replicate, _next++)]]++;
            return;
        }
        // The kind that holds the middle cluster begins the upper half.
        int middle = Math.Clamp(_kindOf[first + clusters / 2], from + 1, to - 1);
        int lower = Binomial(count, _starts[middle] - first, clusters);
        Spread(lower, from, middle);
        Spread(count - lower, middle, to);
    }

    /// <summary>
    /// How many of <paramref name="count"/> uniform numbers are below part/whole. Their binary digits are drawn one after the other, and
    /// only for numbers whose digits equal those of part/whole so far: about two bits each.
    /// </summary>
    private int Binomial(int count, int part, int whole)
    {
        int below = 0, undecided = count;
        for (long rest = part; undecided > 0 && rest > 0;)
        {
            rest *= 2;
            bool digit = rest >= whole;
            int ones = CountOnes(undecided);
            if (digit)
            {
                rest -= whole;
                below += undecided - ones;
                undecided = ones;
            }
            else
            {
                undecided -= ones;
            }
        }
        return below;
    }

    /// <summary>The number of ones among random bits.</summary>
    private int CountOnes(int bits)
    {
        int ones = 0;
        for (; bits >= 64; bits -= 64)
            ones += BitOperations.PopCount(_stream.Bits(_replicate, _next++));
        return bits == 0 ? ones : ones + BitOperations.PopCount(_stream.Bits(_replicate, _next++) >> (64 - bits));
    }
}

using CsCheck;
using Rlhf.Core.Randomness;
using Rlhf.Statistics.Intervals;

namespace Rlhf.Statistics.Tests.Intervals;

public sealed class MultinomialDrawsTests
{
    private static readonly RandomStream Stream = new(21, "multinomial");

    /// <summary>Few large kinds are split, many small ones drawn one by one, and the third does both.</summary>
    [Theory]
    [InlineData(50, 300, 150)]
    [InlineData(1, 2, 1, 3, 1)]
    [InlineData(400, 1, 1, 2, 1, 90)]
    [InlineData(1000, 1000)]
    public void Counts_have_the_means_and_covariances_of_a_multinomial(params int[] sizes)
    {
        const int replicates = 4000;
        int n = sizes.Sum();
        double[][] draws = [.. Enumerable.Range(0, replicates).Select(b => Draw(sizes, (uint)b).Select(count => (double)count).ToArray())];
        for (int i = 0; i < sizes.Length; i++)
        {
            double p = (double)sizes[i] / n, deviation = Math.Sqrt(n * p * (1 - p));
            // Four standard errors of the mean, and of the variance of a normal number (more for the rare ones, which are Poisson).
            Assert.Equal(sizes[i], draws.Average(d => d[i]), 4 * deviation / Math.Sqrt(replicates));
            Assert.Equal(n * p * (1 - p), Covariance(draws, sizes, i, i), 4 * Math.Sqrt((2 + 1 / (n * p)) / replicates) * n * p);
            for (int j = 0; j < i; j++)
            {
                double q = (double)sizes[j] / n;
                Assert.Equal(-n * p * q, Covariance(draws, sizes, i, j), 5 * n * Math.Sqrt((p * q + 2 * p * p * q * q) / replicates));
            }
        }
    }

    private static double Covariance(double[][] draws, int[] sizes, int i, int j) =>
        draws.Average(d => (d[i] - sizes[i]) * (d[j] - sizes[j]));

    [Fact]
    public void As_many_are_drawn_as_there_are() =>
        Gen.Int[1, 60].Array[1, 30].Sample(sizes => Draw(sizes, 0).Sum() == sizes.Sum() && Draw(sizes, 3).SequenceEqual(Draw(sizes, 3)));

    private static int[] Draw(int[] sizes, uint replicate)
    {
        int[] kindOf = [.. sizes.SelectMany((size, kind) => Enumerable.Repeat(kind, size))],
            starts = [0, .. sizes.Select((_, kind) => sizes.Take(kind + 1).Sum())];
        int[] draws = new int[sizes.Length];
        MultinomialDraws.Fill(kindOf, starts, Stream, replicate, draws);
        return draws;
    }
}

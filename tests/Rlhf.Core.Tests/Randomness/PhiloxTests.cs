using Rlhf.Core.Randomness;

namespace Rlhf.Core.Tests.Randomness;

public sealed class PhiloxTests
{
    // Known answers published with Random123 (kat_vectors, philox4x32 10).
    [Theory]
    [InlineData(0u, 0u, 0u, 0u, 0ul, 0x6627e8d5u, 0xe169c58du, 0xbc57ac4cu, 0x9b00dbd8u)]
    [InlineData(0xffffffffu, 0xffffffffu, 0xffffffffu, 0xffffffffu, 0xfffffffffffffffful, 0x408f276du, 0x41c83b0eu, 0xa20bc7c6u,
        0x6d5451fdu)]
    [InlineData(0x243f6a88u, 0x85a308d3u, 0x13198a2eu, 0x03707344u, 0x299f31d0a4093822ul, 0xd16cfe09u, 0x94fdccebu, 0x5001e420u,
        0x24126ea1u)]
    public void Blocks_are_the_published_ones(uint c0, uint c1, uint c2, uint c3, ulong key, uint x0, uint x1, uint x2, uint x3) =>
        Assert.Equal((x0, x1, x2, x3), Philox.Block(c0, c1, c2, c3, key));

    [Fact]
    public void A_draw_is_a_function_of_seed_name_and_counters_alone()
    {
        var stream = new RandomStream(7, "sampling");
        Assert.Equal(stream.Uniform(1, 2, 3, 4), new RandomStream(7, "sampling").Uniform(1, 2, 3, 4));
        Assert.NotEqual(stream.Uniform(1, 2, 3, 4), new RandomStream(8, "sampling").Uniform(1, 2, 3, 4));
        Assert.NotEqual(stream.Uniform(1, 2, 3, 4), new RandomStream(7, "shuffle").Uniform(1, 2, 3, 4));
        Assert.NotEqual(stream.Uniform(1, 2, 3, 4), stream.Uniform(1, 2, 4, 3));
    }

    [Fact]
    public void Uniforms_and_normals_have_their_moments()
    {
        var stream = new RandomStream(1, "moments");
        const int n = 100_000;
        double[] u = [.. Enumerable.Range(0, n).Select(i => stream.Uniform((uint)i))];
        double[] z = [.. Enumerable.Range(0, n).Select(i => stream.Normal((uint)i, 1))];
        Assert.All(u, x => Assert.InRange(x, 0, 1 - double.Epsilon));
        Assert.Equal(0.5, u.Average(), 0.005);
        Assert.Equal(1 / 12.0, u.Average(x => (x - 0.5) * (x - 0.5)), 0.002);
        Assert.Equal(0, z.Average(), 0.015);
        Assert.Equal(1, z.Average(x => x * x), 0.03);
    }

    [Fact]
    public void A_permutation_holds_each_place_once_and_is_uniform()
    {
        var stream = new RandomStream(3, "shuffle");
        var counts = new Dictionary<string, int>();
        for (uint i = 0; i < 6000; i++)
        {
            int[] order = stream.Permutation(3, i);
            Assert.Equal([0, 1, 2], order.Order());
            string key = string.Concat(order);
            counts[key] = counts.GetValueOrDefault(key) + 1;
        }
        Assert.Equal(6, counts.Count);
        Assert.All(counts.Values, count => Assert.InRange(count, 850, 1150));
    }
}

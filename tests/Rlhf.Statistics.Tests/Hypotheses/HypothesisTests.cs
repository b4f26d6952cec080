using System.Text.Json;
using CsCheck;
using Rlhf.Core.Randomness;
using Rlhf.Statistics.Hypotheses;

namespace Rlhf.Statistics.Tests.Hypotheses;

public sealed class HypothesisTests
{
    private static readonly RandomStream Stream = new(11, "permutation");

    [Fact]
    public void Agrees_with_statsmodels_and_scipy()
    {
        foreach (var (name, inputs, options, outputs) in Golden.Cases("hypothesis_tests"))
        {
            if (inputs.Member("table") is { } table)
                McNemar(name, table, outputs);
            else if (inputs.Member("wins") is { } wins)
                Sign(name, wins.GetInt32(), inputs.GetProperty("losses").GetInt32(), outputs);
            else if (inputs.Member("differences") is { } differences)
                Permutation(name, differences.Numbers(), outputs);
            else
                Multiple(name, inputs.GetProperty("p").Numbers(), options.GetProperty("alpha").GetDouble(), outputs);
        }
    }

    private static void McNemar(string name, JsonElement table, JsonElement outputs)
    {
        int b = table[0][1].GetInt32(), c = table[1][0].GetInt32();
        var actual = McNemarTest.Compute(b, c);
        Golden.Equal(outputs.GetProperty("exact_p"), actual.Exact, name);
        Golden.Equal(outputs.GetProperty("mid_p"), actual.MidP, name + ", mid-p");
        Golden.Equal(outputs.GetProperty("chi2"), actual.ChiSquare?.Statistic, name + ", chi square");
        Golden.Equal(outputs.GetProperty("chi2_p"), actual.ChiSquare?.PValue, name + ", chi square");
        if (b == c && b > 0)
        {
            // The library corrects a difference of 0 to one of −1; here it is 0.
            Assert.Equal(new ChiSquareTest(0, 1), actual.Corrected);
            return;
        }
        Golden.Equal(outputs.GetProperty("chi2_corrected"), actual.Corrected?.Statistic, name + ", corrected");
        Golden.Equal(outputs.GetProperty("chi2_corrected_p"), actual.Corrected?.PValue, name + ", corrected");
    }

    private static void Sign(string name, int wins, int losses, JsonElement outputs)
    {
        var actual = SignTest.Compute(wins, losses);
        Golden.Equal(outputs.GetProperty("two_sided_p"), actual.TwoSided, name);
        Golden.Equal(outputs.GetProperty("greater_p"), actual.Greater, name + ", greater");
    }

    private static void Permutation(string name, double[] differences, JsonElement outputs)
    {
        var actual = PairedPermutation.Compute(differences, Stream)!;
        Golden.Equal(outputs.GetProperty("mean_difference"), actual.MeanDifference, name);
        Golden.Equal(outputs.GetProperty("two_sided_p"), actual.TwoSided, name);
        Golden.Equal(outputs.GetProperty("greater_p"), actual.Greater, name + ", greater");
        Assert.Equal(outputs.GetProperty("sign_patterns").GetInt64(), actual.Patterns);
        Assert.True(actual.IsExact);
    }

    private static void Multiple(string name, double[] p, double alpha, JsonElement outputs)
    {
        foreach (var (key, adjust) in new (string, Func<IReadOnlyList<double>, double[]>)[]
        {
            ("bonferroni", MultipleTesting.Bonferroni), ("holm", MultipleTesting.Holm),
            ("benjamini_hochberg", MultipleTesting.BenjaminiHochberg), ("benjamini_yekutieli", MultipleTesting.BenjaminiYekutieli),
        })
        {
            double[] adjusted = adjust(p);
            if (outputs.Member(key) is not { } expected)
            {
                Assert.True(p.Length == 0 && adjusted.Length == 0, $"{name}: no numbers for {key}");
                continue;
            }
            Golden.AllEqual(expected.GetProperty("adjusted"), adjusted, $"{name}, {key}", 1e-9);
            Assert.Equal(expected.GetProperty("rejected").EnumerateArray().Select(r => r.GetBoolean()), adjusted.Select(a => a <= alpha));
        }
    }

    [Fact]
    public void Many_pairs_are_sampled_and_come_near_the_exact_value()
    {
        double[] differences = [.. Enumerable.Range(0, PairedPermutation.MaxExactPairs).Select(i => Math.Sin(i) + 0.25)];
        var exact = PairedPermutation.Compute(differences, Stream)!;
        var sampled = PairedPermutation.Compute([.. differences, 0], Stream)!;
        Assert.True(exact.IsExact && !sampled.IsExact);
        Assert.Equal(exact.TwoSided, sampled.TwoSided, 0.015);
        Assert.Null(PairedPermutation.Compute([], Stream));
    }

    [Fact]
    public void Swapping_the_sides_mirrors_the_tests() =>
        Gen.Select(Gen.Int[0, 40], Gen.Int[0, 40]).Sample((a, b) =>
            McNemarTest.Compute(a, b) is var one && McNemarTest.Compute(b, a) is var other
            && Math.Abs(one.Exact - other.Exact) < 1e-12 && one.Exact is > 0 and <= 1
            && Math.Abs(SignTest.Compute(a, b).TwoSided - SignTest.Compute(b, a).TwoSided) < 1e-12);

    [Fact]
    public void Adjusted_values_do_not_depend_on_the_order() =>
        Gen.Double[0, 1].Array[0, 12].Sample(p =>
            MultipleTesting.Holm(p).SequenceEqual(MultipleTesting.Holm([.. p.Reverse()]).Reverse())
            && MultipleTesting.BenjaminiHochberg(p).Zip(MultipleTesting.Holm(p)).All(pair => pair.First <= pair.Second + 1e-12));
}

using Rlhf.Core.Options;
using Rlhf.Testing;
using Rlhf.Training.Numerics;
using static TorchSharp.torch;

namespace Rlhf.Training.Tests.Numerics;

public sealed class PpoLossTests
{
    /// <summary>verl's aggregations and clip fractions hold its 1e-8 in a denominator.</summary>
    private const double OtherLibrary = 1e-7;

    public static TheoryData<string> PolicyCases => Golden.Names("ppo_policy_loss");

    public static TheoryData<string> ValueCases => Golden.Names("ppo_value_loss");

    [Theory, MemberData(nameof(PolicyCases))]
    public void Policy_loss_agrees_with_reference(string name)
    {
        GoldenCase golden = Golden.Case("ppo_policy_loss", name);
        foreach (ScalarType dtype in (ScalarType[])[ScalarType.Float64, ScalarType.Float32])
        {
            using var scope = NewDisposeScope();
            var check = new GoldenCheck(golden, dtype);
            Tensor fresh = check.Leaf("new_logprobs"), old = check.Input("old_logprobs"), advantages = check.Input("advantages"),
                mask = check.Mask();
            var weights = TokenWeights.Create(mask, AggregationOf(golden), dtype);
            double dual = golden.Number("clip_ratio_c");
            PolicyLoss Loss(int from, int to) =>
                PpoLoss.Policy(fresh.slice(0, from, to, 1), old.slice(0, from, to, 1), advantages.slice(0, from, to, 1),
                weights.Rows(from, to), golden.Number("cliprange_low"), golden.Number("cliprange_high"), double.IsNaN(dual) ? null : dual);

            PolicyLoss loss = Loss(0, (int)mask.shape[0]);
            check.Output("loss", loss.Loss);
            check.Gradient("new_logprobs", autograd.grad([loss.Loss], [fresh])[0]);
            if (check.Has("clipfrac"))
                Metrics(check, loss, fresh, old, mask);
            if (golden.Options.TryGetProperty("micro_batch_rows", out var rows))
            {
                int half = rows[0].GetInt32();
                Tensor sum = Loss(0, half).Loss + Loss(half, (int)mask.shape[0]).Loss;
                check.Output("loss", sum);
                check.Gradient("new_logprobs", autograd.grad([sum], [fresh])[0]);
            }
            check.AssertAllCompared("trl_", "verl_", "wrong_", "unbiased");
        }
    }

    private static void Metrics(GoldenCheck check, PolicyLoss loss, Tensor fresh, Tensor old, Tensor mask)
    {
        check.Output("clipfrac", loss.ClipFraction, OtherLibrary);
        if (check.Has("clipfrac_lower"))
            check.Output("clipfrac_lower", loss.ClipFractionLower, OtherLibrary);
        check.Output("approxkl", loss.ApproxKl);
        check.Output("ratio_mean", loss.Ratio);
        Tensor ratio = (fresh - old).exp();
        if (check.Has("ratio"))
            check.Output("ratio", ratio);
        check.Output("ratio_var_biased", Masked.Variance(ratio, mask));
        double deviation = Masked.Zeroed(ratio - 1, mask).abs().max().to(ScalarType.Float64).item<double>();
        Assert.Equal(deviation, loss.RatioDeviation.to(ScalarType.Float64).item<double>());
    }

    [Theory, MemberData(nameof(ValueCases))]
    public void Value_loss_agrees_with_reference(string name)
    {
        GoldenCase golden = Golden.Case("ppo_value_loss", name);
        // The sums over rows of single tokens come from verl, with its 1e-8; the file gives these cases no tolerance of their own.
        if (AggregationOf(golden) != LossAggregation.TokenMean)
            golden = golden with
            {
                Options =
                System.Text.Json.JsonDocument.Parse(golden.Options.GetRawText().Insert(1, $"\"tolerance\": {OtherLibrary},")).RootElement
            };
        foreach (ScalarType dtype in (ScalarType[])[ScalarType.Float64, ScalarType.Float32])
        {
            using var scope = NewDisposeScope();
            var check = new GoldenCheck(golden, dtype);
            Tensor fresh = check.Leaf("new_values"), returns = check.Input("returns"), mask = check.Mask();
            ValueLoss loss = PpoLoss.Value(
                fresh, check.Input("old_values"), returns, TokenWeights.Create(mask, AggregationOf(golden), dtype),
                golden.Number("cliprange_value"));
            check.Output("loss", loss.Loss);
            check.Output("clipfrac", loss.ClipFraction, OtherLibrary);
            check.Output("explained_variance_of_new_values", PpoLoss.ExplainedVariance(fresh, returns, mask));
            check.Gradient("new_values", autograd.grad([loss.Loss], [fresh])[0]);
            check.AssertAllCompared("trl_", "verl_");
        }
    }

    /// <summary>
    /// By hand: ρ = 2 and A = 1 gives −1.2; ρ = ½ and A = −1 gives 0.8; the third token is masked. Mean (−1.2 + 0.8)/2 = −0.2.
    /// </summary>
    [Fact]
    public void Hand_worked_policy_loss()
    {
        Tensor old = zeros(1, 3, dtype: ScalarType.Float64), mask = tensor(new[,] { { true, true, false } });
        Tensor fresh = tensor(new[,] { { Math.Log(2), Math.Log(0.5), 0 } });
        PolicyLoss loss = PpoLoss.Policy(
            fresh, old, tensor(new[,] { { 1.0, -1.0, 0.0 } }), TokenWeights.Create(mask, dtype: ScalarType.Float64), 0.2, 0.2);
        Assert.Equal(-0.2, loss.Loss.item<double>(), 1e-12);
        Assert.Equal(1, loss.ClipFraction.item<double>(), 1e-12);
        Assert.Equal(Math.Log(2) * Math.Log(2) / 2, loss.ApproxKl.item<double>(), 1e-12);
    }

    /// <summary>Divided by the longest completion that there could be, not by the longest that there is.</summary>
    [Fact]
    public void Sums_over_a_fixed_length_do_not_depend_on_the_batch()
    {
        Tensor mask = tensor(new[,] { { true, true }, { true, false } });
        TokenWeights weights = TokenWeights.Create(mask, LossAggregation.SequenceSumOverLength, ScalarType.Float64, longest: 10);
        Assert.Equal([0.1, 0.1, 0.1, 0], weights.Loss.data<double>().ToArray());
        Assert.Equal(1, weights.Mean.sum().item<double>(), 1e-12);
    }

    /// <summary>
    /// By hand: old 0, new 1, R = 0.5, c = 0.2: max(0.25, (0.2 − 0.5)² = 0.09) = 0.25, halved. Clipping around the new value would give
    /// another number.
    /// </summary>
    [Fact]
    public void Hand_worked_value_loss()
    {
        Tensor mask = ones(1, 2, dtype: ScalarType.Bool);
        ValueLoss loss = PpoLoss.Value(tensor(new[,] { { 1.0, 1.0 } }), tensor(new[,] { { 0.0, 0.0 } }), tensor(new[,] { { 0.5, 2.0 } }),
            TokenWeights.Create(mask, dtype: ScalarType.Float64), 0.2);
        // Second token: max(1, (0.2 − 2)² = 3.24) = 3.24.
        Assert.Equal((0.25 + 3.24) / 4, loss.Loss.item<double>(), 1e-12);
        Assert.Equal(0.5, loss.ClipFraction.item<double>(), 1e-12);
    }

    /// <summary>
    /// There is no variance to explain, also where fp32 cannot hold the mean of the returns: neither −∞ nor a huge number.
    /// </summary>
    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(1000)]
    public void Equal_returns_have_no_explained_variance(int count)
    {
        using var scope = NewDisposeScope();
        Tensor mask = ones(1, count + 1, dtype: ScalarType.Bool);
        mask[0, count] = tensor(false);
        Tensor values = arange(count + 1, ScalarType.Float32).unsqueeze(0);
        foreach (double value in (double[])[0, 0.1, 12345.678, -3])
        {
            Tensor returns = full(1, count + 1, value, ScalarType.Float32);
            returns[0, count] = tensor(99f);
            Assert.True(double.IsNaN(PpoLoss.ExplainedVariance(values, returns, mask).item<double>()), $"{count} returns of {value}");
            Assert.True(double.IsNaN(PpoLoss.ExplainedVariance(returns, returns, mask).item<double>()), $"{count} known "
                + $"returns of {value}");
        }
    }

    /// <summary>Inside the range nothing is clipped, also where old + (new − old) is not new: fp32 has many such values around 0.</summary>
    [Fact]
    public void Rounding_is_no_clipping_of_a_value()
    {
        using var scope = NewDisposeScope();
        const int count = 4000;
        var random = new Random(1);
        float[] old = [.. Enumerable.Range(0, count).Select(_ => (random.NextSingle() - 0.5f) * 0.38f)];
        float[] fresh = [.. old.Select(_ => (random.NextSingle() - 0.5f) * 0.01f)],
            returns = [.. old.Select(_ => random.NextSingle() * 4 - 2)];
        Assert.Contains(old.Zip(fresh), v => v.First + (v.Second - v.First) != v.Second);
        Tensor Row(float[] x) => tensor(x, [1, count]);
        var weights = TokenWeights.Create(ones([1, count], dtype: ScalarType.Bool));
        Assert.Equal(0, PpoLoss.Value(Row(fresh), Row(old), Row(returns), weights, 0.2).ClipFraction.item<float>());
        // Half as wide a range clips those whose clipped value is the worse one, and these alone.
        int clipped = fresh.Where((v, i) => v > old[i] + 0.1f
            ? returns[i] - (double)(old[i] + 0.1f) > v - (double)returns[i]
            : v < old[i] - 0.1f && (double)(old[i] - 0.1f) - returns[i] > returns[i] - (double)v).Count();
        Assert.InRange(clipped, count / 10, count);
        Assert.Equal(clipped, PpoLoss.Value(Row(fresh), Row(old), Row(returns), weights, 0.1).ClipFraction.item<float>() * count, 1e-1);
    }

    /// <summary>
    /// A ratio beyond the range counts where its advantage pushes it outwards, also where both products round to one number.
    /// </summary>
    [Fact]
    public void Policy_clip_fractions_follow_from_the_ratio_alone()
    {
        using var scope = NewDisposeScope();
        const int count = 4000;
        var random = new Random(2);
        // Around the four edges, a few units in the last place to either side.
        float[] edges = [(float)Math.Log(1.2), (float)Math.Log(0.8), (float)Math.Log(3), 0];
        float[] logRatios = [.. Enumerable.Range(0, count).Select(i => edges[i % 4] + (random.Next(9) - 4) * 3e-8f)];
        float[] advantages = [.. Enumerable.Range(0, count).Select(_ => (random.NextSingle() - 0.5f) * 2)];
        Tensor fresh = tensor(logRatios, [1, count]), a = tensor(advantages, [1, count]);
        float[] ratios = fresh.exp().data<float>().ToArray();
        PolicyLoss loss = PpoLoss.Policy(
            fresh, zeros_like(fresh), a, TokenWeights.Create(ones([1, count], dtype: ScalarType.Bool)), 0.2, 0.2, 3);
        int clipped = ratios.Where((r, i) => advantages[i] > 0 ? r > 1.2f : advantages[i] < 0 && r < 0.8f)
            .Count(), dual = ratios.Where((r, i) => advantages[i] < 0 && r > 3f).Count();
        Assert.Equal(clipped, loss.ClipFraction.item<float>() * count, 0.1);
        Assert.Equal(dual, loss.ClipFractionLower.item<float>() * count, 0.1);
        Assert.True(clipped > 100 && dual > 50);
    }

    internal static LossAggregation AggregationOf(GoldenCase golden) => golden.Word("aggregation") switch
    {
        "" or "token-mean" => LossAggregation.TokenMean,
        "seq-mean-token-sum" => LossAggregation.SequenceMeanTokenSum,
        "seq-mean-token-mean" => LossAggregation.SequenceMeanTokenMean,
        "seq-mean-token-sum-norm" => LossAggregation.SequenceSumOverLength,
        var other => throw new InvalidOperationException($"{golden}: aggregation {other}"),
    };
}

using System.Text.Json.Nodes;
using CsCheck;
using Rlhf.Core.Options;
using Rlhf.Models.Generation;
using Rlhf.Models.Native;
using Rlhf.Testing;
using static TorchSharp.torch;

namespace Rlhf.Models.Tests.Generation;

public sealed class SamplingFilterTests
{
    private static readonly string[] Ours = ["temperature", "top_k", "top_p"];

    public SamplingFilterTests() => Libtorch.EnsureLoaded();

    [Fact]
    public void Filters_leave_what_transformers_leaves()
    {
        var cases = JsonNode.Parse(File.ReadAllText(SharedData.Require("golden/sampling_filters.json")))!["cases"]!.AsArray();
        int compared = 0;
        foreach (var golden in cases)
        {
            using var scope = NewDisposeScope();
            var filters = golden!["options"]!["filters"]!.AsArray();
            // Others (min_p, typical, repetition penalties) are not among the sampling options.
            if (filters.Any(f => !Ours.Contains((string)f![0]!)))
                continue;
            var logits = tensor(TinyModels.Vector<double>(golden["inputs"]!["logits"]!)).unsqueeze(0);
            foreach (var filter in filters)
            {
                double value = filter![1]!.GetValue<double>();
                logits = (string)filter[0]! switch
                {
                    "temperature" => logits.div(value),
                    "top_k" => SamplingFilters.TopK(logits, (int)value),
                    _ => SamplingFilters.TopP(logits, value),
                };
            }
            double[] expected = TinyModels.Vector<double>(golden["outputs"]!["probs"]!),
                actual = TinyModels.Doubles(logits.softmax(-1).squeeze(0));
            if (golden["outputs"]!["order_dependent"]!.GetValue<bool>())
            {
                Array.Sort(expected);
                Array.Sort(actual);
            }
            for (int i = 0; i < expected.Length; i++)
                Assert.True(Math.Abs(expected[i] - actual[i]) <= 1e-9 * Math.Abs(expected[i]) + 1e-15, $"{golden["name"]}: place {i}: "
                    + $"expected {expected[i]}, found {actual[i]}");
            compared++;
        }
        Assert.True(compared > 0, "no case is of filters known here");
    }

    /// <summary>At p = 0 every token is beyond the limit; the best one stays, as with transformers' min_tokens_to_keep = 1.</summary>
    [Fact]
    public void Top_p_of_nothing_keeps_the_best_token()
    {
        using var scope = NewDisposeScope();
        var logits = tensor(new[,] { { 0.5, 3, -1, 2 }, { 4, 0, 1, -2 } });
        Assert.Equal([0.0, 1, 0, 0, 1, 0, 0, 0], TinyModels.Doubles(SamplingFilters.TopP(logits, 0).softmax(-1).flatten()));
    }

    [Fact]
    public void A_draw_is_the_inverse_of_the_distribution_function() =>
        Gen.Select(Gen.Double[-4, 4].Array[2, 9], Gen.Double[0, 1].Where(u => u < 1)).Sample((logits, u) =>
        {
            using var scope = NewDisposeScope();
            double[] weights = [.. logits.Select(Math.Exp)];
            double total = weights.Sum(), below = 0;
            int wanted = 0;
            while (wanted < weights.Length - 1 && below + weights[wanted] <= u * total)
                below += weights[wanted++];
            // On the border of two tokens the last bit of a sum decides.
            if (Math.Abs(below - u * total) < 1e-12 * total || Math.Abs(below + weights[wanted] - u * total) < 1e-12 * total)
                return true;
            var (ids, logprobs) = TokenDraw.Next(tensor(logits).unsqueeze(0), new SamplingOptions { Temperature = 1 }, [u]);
            return ids[0] == wanted && Math.Abs(logprobs[0] - Math.Log(weights[wanted] / total)) < 1e-5;
        }, iter: 300, threads: 1);

    [Theory]
    [InlineData(0.0)]
    [InlineData(0.5)]
    [InlineData(1 - 1.0 / (1L << 53))]
    public void A_token_that_was_filtered_out_is_never_drawn(double uniform)
    {
        using var scope = NewDisposeScope();
        // Only the third of six may be drawn; the largest uniform number does not run past it.
        var logits = tensor(new[] { -1.0, 0.5, 3, 1, 2, -2 }).to(ScalarType.Float32).repeat(4, 1);
        var (ids, _) = TokenDraw.Next(logits, new SamplingOptions { TopK = 1, Temperature = 0.7 }, [uniform, uniform, uniform, uniform]);
        Assert.Equal([2L, 2, 2, 2], ids);
    }
}

using Rlhf.Core.Options;
using Rlhf.Testing;
using Rlhf.Training.Numerics;
using static TorchSharp.torch;

namespace Rlhf.Training.Tests.Numerics;

public sealed class PairwiseLossTests
{
    public static TheoryData<string> Cases => Golden.Names("reward_loss");

    [Theory, MemberData(nameof(Cases))]
    public void Agrees_with_reference(string name)
    {
        GoldenCase golden = Golden.Case("reward_loss", name);
        foreach (ScalarType dtype in (ScalarType[])[ScalarType.Float64, ScalarType.Float32])
        {
            using var scope = NewDisposeScope();
            var check = new GoldenCheck(golden, dtype);
            if (golden.HasInput("chosen"))
                Pairs(check);
            else if (golden.HasInput("ranks"))
                Rankings(check);
            else if (golden.HasInput("p"))
                Soft(check);
            else
                Assert.Skip($"SKIPPED: {golden} is of a kind that nothing here computes");
            check.AssertAllCompared();
        }
    }

    private static void Pairs(GoldenCheck check)
    {
        Tensor chosen = check.Leaf("chosen"), rejected = check.Leaf("rejected");
        int n = (int)chosen.shape[0];
        int[][] ranks = [.. Enumerable.Repeat((int[])[1, 2], n)];
        PairSet pairs = PairwiseLoss.CreatePairs(
            ranks, TieLoss.Half, 0, check.Case.HasInput("margin") ? check.Numbers("margin") : null, dtype: check.Dtype);
        Tensor rewards = stack([chosen, rejected], 1).flatten();
        Tensor loss = PairwiseLoss.Mean(rewards, pairs, check.Case.Number("centering", 0));
        check.Output("loss", loss);
        IList<Tensor> gradients = autograd.grad([loss], [chosen, rejected]);
        check.Gradient("chosen", gradients[0]);
        check.Gradient("rejected", gradients[1]);
        check.Output("min_reward", rewards.min());
        check.Output("mean_reward", rewards.mean());
        check.Output("max_reward", rewards.max());
        check.Output("accuracy", (chosen > rejected).to(check.Dtype).mean());
        check.Output("margin", (chosen - rejected).mean());
    }

    private static void Rankings(GoldenCheck check)
    {
        int[][] ranks = [.. check.Case.Inputs.GetProperty("ranks").EnumerateArray()
            .Select(r => r.EnumerateArray().Select(x => x.GetInt32()).ToArray())];
        Tensor rewards = tensor(check.Numbers("rewards")).to(check.Dtype).requires_grad_();
        PairSet pairs = PairwiseLoss.CreatePairs(
            ranks, Enum.Parse<TieLoss>(check.Case.Word("ties"), ignoreCase: true), check.Case.Number("margin", 0), dtype: check.Dtype);
        double centering = check.Case.Number("centering", 0);
        Tensor loss = PairwiseLoss.Mean(rewards, pairs, centering);
        check.Output("loss", loss);
        check.Output("loss_per_prompt", PairwiseLoss.PerPrompt(rewards, pairs, centering));
        check.Gradient("rewards", autograd.grad([loss], [rewards])[0]);
    }

    private static void Soft(GoldenCheck check)
    {
        Tensor a = check.Leaf("a"), b = check.Leaf("b");
        Tensor loss = PairwiseLoss.PerPair(a - b, check.Input("p")).mean();
        check.Output("loss", loss);
        IList<Tensor> gradients = autograd.grad([loss], [a, b]);
        check.Gradient("a", gradients[0]);
        check.Gradient("b", gradients[1]);
    }

    /// <summary>Strength says how much better each place is: first and third stand two places apart. Ties have no margin.</summary>
    [Fact]
    public void Margins_grow_with_the_places_between()
    {
        Assert.Equal([0.75, 1.5, 0.75],
            PairwiseLoss.CreatePairs([[1, 2, 3]], TieLoss.Half, 0.25, [0.5], dtype: ScalarType.Float64).Margin.data<double>().ToArray());
        Assert.Equal([0, 0.5, 0.5],
            PairwiseLoss.CreatePairs([[1, 1, 2]], TieLoss.Half, 0, [0.5], dtype: ScalarType.Float64).Margin.data<double>().ToArray());
    }

    /// <summary>By hand: scores 1, 0, 0 with ranks 1, 2, 2 and ties left out: (2·log(1 + e⁻¹))/3.</summary>
    [Fact]
    public void Hand_worked_ranking()
    {
        PairSet pairs = PairwiseLoss.CreatePairs([[2, 1, 2]], TieLoss.Nothing, dtype: ScalarType.Float64);
        double loss = PairwiseLoss.Mean(tensor(new[] { 0.0, 1.0, 0.0 }), pairs).item<double>();
        Assert.Equal(2 * Math.Log(1 + Math.Exp(-1)) / 3, loss, 1e-12);
    }

    /// <summary>
    /// By hand, scores 1, 0 and 2, 0: L₁ = log(1 + e⁻¹) = 0.3132617, L₂ = log(1 + e⁻²) = 0.1269280; with the weights 3 and 1 (3·L₁ + L₂)/4.
    /// Centering weighs the same: (3·1² + 2²)/4.
    /// </summary>
    [Fact]
    public void Prompts_enter_the_mean_by_their_weight()
    {
        Tensor rewards = tensor(new[] { 1.0, 0, 2, 0 });
        PairSet pairs = PairwiseLoss.CreatePairs([[1, 2], [1, 2]], TieLoss.Half, dtype: ScalarType.Float64, weights: [3, 1]);
        Assert.Equal((3 * 0.31326168751822286 + 0.12692801104297263) / 4, PairwiseLoss.Mean(rewards, pairs).item<double>(), 1e-12);
        Assert.Equal(0.26667826839941035 + 0.01 * 7 / 4, PairwiseLoss.Mean(rewards, pairs, 0.01).item<double>(), 1e-12);
        Assert.Equal(4, pairs.TotalWeight);
    }

    /// <summary>Of three pairs two are left; each keeps its third of the prompt.</summary>
    [Fact]
    public void Pairs_of_equal_texts_are_left_out()
    {
        PairSet pairs = PairwiseLoss.CreatePairs([[1, 2, 3]], TieLoss.Half, dtype: ScalarType.Float64, texts: [[0, 1, 0]]);
        Assert.Equal([0, 1], pairs.First.data<long>().ToArray());
        Assert.Equal([1, 2], pairs.Second.data<long>().ToArray());
        Assert.Equal(1.0 / 3, pairs.Weight.data<double>()[0], 1e-15);
    }
}

using Rlhf.Core.Options;
using Rlhf.Core.Randomness;
using Rlhf.Testing;
using Rlhf.Training.Numerics;
using static TorchSharp.torch;

namespace Rlhf.Training.Tests.Numerics;

public sealed class KlTests
{
    public static TheoryData<string> Cases => Golden.Names("kl");

    [Theory, MemberData(nameof(Cases))]
    public void Agrees_with_reference(string name)
    {
        GoldenCase golden = Golden.Case("kl", name);
        if (golden.HasInput("cotangent"))
            Tokens(golden);
        else if (golden.HasInput("policy_logits"))
            Expectations(golden);
        else if (golden.HasInput("n_steps"))
            Controller(golden);
        else
            Assert.Skip($"SKIPPED: {golden} is of a kind that nothing here computes");
    }

    private static void Tokens(GoldenCase golden)
    {
        foreach (ScalarType dtype in (ScalarType[])[ScalarType.Float64, ScalarType.Float32])
        {
            using var scope = NewDisposeScope();
            var check = new GoldenCheck(golden, dtype);
            foreach (var (field, estimator) in (ReadOnlySpan<(string, KlEstimator)>)[
                ("k1", KlEstimator.K1), ("k2", KlEstimator.K2), ("k3", KlEstimator.K3),
                    ("k3_plus_straight_through", KlEstimator.K3StraightThrough)])
            {
                Tensor logProbs = check.Leaf("logprobs");
                Tensor k = Kl.Estimate(logProbs, check.Input("ref_logprobs"), estimator);
                Tensor gradient = autograd.grad([(k * check.Input("cotangent")).sum()], [logProbs])[0];
                check.Gradient(field, gradient);
                // verl clamps the value of its straight-through k3, ours is unbounded: its value is that of k3.
                if (estimator == KlEstimator.K3StraightThrough)
                    check.Compare(golden.Outputs.GetProperty("k3"), field, k, null);
                else
                    check.Output(field, k);
            }
            check.AssertAllCompared("abs", "verl_clamped");
        }
    }

    private static void Expectations(GoldenCase golden)
    {
        using var scope = NewDisposeScope();
        var check = new GoldenCheck(golden, ScalarType.Float64);
        Tensor logits = check.Leaf("policy_logits");
        Tensor logPolicy = logits.log_softmax(-1), logReference = check.Input("ref_logits").log_softmax(-1);
        Tensor Expected(KlEstimator estimator) => (logPolicy.exp() * Kl.Estimate(logPolicy, logReference, estimator)).sum(-1);
        check.Output("kl", Expected(KlEstimator.K1));
        check.Output("expected_k1", Expected(KlEstimator.K1));
        check.Output("expected_k2", Expected(KlEstimator.K2));
        check.Output("expected_k3", Expected(KlEstimator.K3));
        check.Gradient("policy_logits_of_sum_kl", autograd.grad([Expected(KlEstimator.K1).sum()], [logits])[0]);
        check.AssertAllCompared();
    }

    private static void Controller(GoldenCase golden)
    {
        var check = new GoldenCheck(golden, ScalarType.Float64);
        bool isFixed = golden.Options.GetProperty("fixed").GetBoolean();
        var controller = new KlController(golden.Number("start"), isFixed ? null : golden.Number("target"), golden.Number("horizon"));
        List<double> after = [];
        foreach (var (kl, episodes) in check.Numbers("kl").Zip(check.Numbers("n_steps")))
        {
            controller = controller.Update(kl, (int)episodes);
            after.Add(controller.Coefficient);
        }
        check.Output("kl_coef_after", tensor(after.ToArray()));
        check.AssertAllCompared();
    }

    /// <summary>The mean of k1 and of k3 over samples is the KL that a sum over the vocabulary gives.</summary>
    [Fact]
    public void Monte_Carlo_means_agree_with_the_sum_over_the_vocabulary()
    {
        const int samples = 200_000;
        double[] policy = [0.5, 0.2, 0.15, 0.1, 0.05], reference = [0.3, 0.3, 0.1, 0.2, 0.1];
        double exact = policy.Zip(reference, (p, q) => p * Math.Log(p / q)).Sum();
        var stream = new RandomStream(7, "kl test");
        double[] cumulative = [.. policy.Select((_, i) => policy.Take(i + 1).Sum())];
        int[] drawn = [.. Enumerable.Range(0, samples)
            .Select(i => Math.Min(4, Array.FindIndex(cumulative, c => stream.Uniform((uint)i) < c)))];
        Tensor logPolicy = tensor(drawn.Select(i => Math.Log(policy[i])).ToArray()),
            logReference = tensor(drawn.Select(i => Math.Log(reference[i])).ToArray());

        // Four standard errors: the deviation of k1 is about 0.43 here, that of k3 about 0.14.
        Assert.Equal(exact, Kl.Estimate(logPolicy, logReference, KlEstimator.K1).mean().item<double>(), 4 * 0.45 / Math.Sqrt(samples));
        Assert.Equal(exact, Kl.Estimate(logPolicy, logReference, KlEstimator.K3).mean().item<double>(), 4 * 0.16 / Math.Sqrt(samples));
    }
}

using Rlhf.Core.Options;
using Rlhf.Testing;
using Rlhf.Training.Numerics;
using Rlhf.Training.Ppo;
using static TorchSharp.torch;

namespace Rlhf.Training.Tests.Numerics;

public sealed class KlRewardTests
{
    public static TheoryData<string> Cases => Golden.Names("rewards");

    [Theory, MemberData(nameof(Cases))]
    public void Agrees_with_reference(string name)
    {
        GoldenCase golden = Golden.Case("rewards", name);
        foreach (ScalarType dtype in (ScalarType[])[ScalarType.Float64, ScalarType.Float32])
        {
            using var scope = NewDisposeScope();
            var check = new GoldenCheck(golden, dtype);
            var cut = CutCompletions.Cut(check.Ids("responses"), (int)golden.Number("eos_id"), (int)golden.Number("pad_id"));
            check.Output("truncated", cut.Ids);
            check.Output("mask", cut.Mask);
            check.Output("lengths", cut.Lengths);
            check.Output("contains_eos", cut.ContainsEos);

            Tensor scores = KlReward.PenalizeMissingEos(check.Input("scores"), cut.ContainsEos, golden.Number("missing_eos_penalty"),
                Enum.Parse<MissingEosPenalty>(golden.Word("penalty"), ignoreCase: true));
            check.Output("scores_after_penalty", scores);
            Tensor kl = Masked.Zeroed(Kl.Estimate(check.Input("logprobs"), check.Input("ref_logprobs"),
                Enum.Parse<KlEstimator>(golden.Word("kl_estimator"), ignoreCase: true)), cut.Mask);
            check.Output("kl_per_token", kl);
            double beta = golden.Number("kl_coef");
            Tensor rewards = KlReward.PerToken(kl, scores, cut.Mask, beta);
            check.Output("rewards", rewards);
            check.Output("non_score_reward", KlReward.PerToken(kl, zeros_like(scores), cut.Mask, beta));
            if (golden.Options.GetProperty("whiten_rewards").GetBoolean())
                check.Output("rewards_whitened_biased", Masked.Whiten(rewards, cut.Mask, shiftMean: false));

            PpoSummary summary = PpoSummary.Create(check.Input("logprobs"), kl, scores, cut.Mask, beta);
            check.Output("objective/kl", summary.Kl);
            check.Output("objective/non_score_reward", summary.NonScoreReward);
            check.Output("objective/scores", summary.Scores);
            check.Output("objective/rlhf_reward", summary.RlhfReward);
            check.Output("objective/entropy", summary.Entropy);
            check.AssertAllCompared("trl_");
        }
    }

    /// <summary>Worked out by hand: β = 0.5, the score 2 at the third and last real token, nothing after it.</summary>
    [Fact]
    public void Score_lands_on_the_last_real_token()
    {
        Tensor kl = tensor(new[,] { { 0.2, -0.4, 1.0, 9.0 } }), mask = tensor(new[,] { { true, true, true, false } });
        double[] rewards = KlReward.PerToken(kl, tensor(new[] { 2.0 }), mask, 0.5).data<double>().ToArray();
        Assert.Equal([-0.1, 0.2, 1.5, 0.0], rewards);
    }
}

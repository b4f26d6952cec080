using System.Text.Json;
using Rlhf.Core.Options;
using Rlhf.Testing;
using Rlhf.Training.Numerics;
using Rlhf.Training.Ppo;
using static TorchSharp.torch;
using AdamW = Rlhf.Training.Numerics.AdamW;
using Parameter = TorchSharp.Modules.Parameter;

namespace Rlhf.Training.Tests.Numerics;

/// <summary>A whole update on tables: logits of a token = row "previous token" of W, value = w[previous token].</summary>
public sealed class TinyPpoRunTests
{
    /// <summary>What the other libraries put into masked log-probabilities: equal in old, reference and new.</summary>
    private const double Invalid = 1;

    public static TheoryData<string> Cases => Golden.Names("tiny_ppo_run");

    [Theory, MemberData(nameof(Cases))]
    public void Agrees_with_reference(string name)
    {
        using var scope = NewDisposeScope();
        var check = new GoldenCheck(Golden.Case("tiny_ppo_run", name), ScalarType.Float64);
        GoldenCase golden = check.Case;
        double temperature = golden.Number("temperature"), beta = golden.Number("kl_coef");

        // 1. Cut the completions, take the log-probabilities and values of the policy that sampled them.
        var cut = CutCompletions.Cut(check.Ids("responses"), (int)golden.Number("eos_id"), (int)golden.Number("pad_id"));
        Tensor mask = cut.Mask, previous = check.Ids("previous_token"), ids = check.Ids("responses");
        var policy = new Parameter(check.Input("W"));
        var critic = new Parameter(check.Input("w"));
        Tensor ComputeLogProbs(Tensor table, Tensor previousIds, Tensor tokenIds, Tensor rowMask) =>
            where(rowMask, LogProbs.WithEntropy(table[previousIds], tokenIds, temperature).LogProbs, Invalid);
        Tensor old = ComputeLogProbs(check.Input("W"), previous, ids, mask),
               reference = ComputeLogProbs(check.Input("W_ref"), previous, ids, mask);
        Tensor values = Masked.Zeroed(check.Input("w")[previous], mask);
        check.Output("mask", mask);
        check.Output("value_mask", mask);
        check.Output("contains_eos", cut.ContainsEos);
        check.Compare(golden.Inputs.GetProperty("old_logprobs"), "old_logprobs", old, null);
        check.Compare(golden.Inputs.GetProperty("ref_logprobs"), "ref_logprobs", reference, null);
        check.Compare(golden.Inputs.GetProperty("values"), "values", values, null);
        // The file's run went on from its own 12 digits: so does this one, down to ρ − 1 = 5e-12.
        old = check.Input("old_logprobs");

        // 2. Rewards and advantages.
        Tensor scores = KlReward.PenalizeMissingEos(check.Input("scores"), cut.ContainsEos, golden.Number("missing_eos_penalty"),
            Enum.Parse<MissingEosPenalty>(golden.Word("penalty"), ignoreCase: true));
        Tensor kl = Kl.Estimate(old, reference, Enum.Parse<KlEstimator>(golden.Word("kl_estimator"), ignoreCase: true));
        Tensor rewards = KlReward.PerToken(kl, scores, mask, beta);
        if (golden.Options.GetProperty("whiten_rewards").GetBoolean())
            rewards = Masked.Whiten(rewards, mask, shiftMean: false);
        var (unwhitened, returns) = Gae.Estimate(rewards, values, mask, golden.Number("gamma"), golden.Number("lam"));
        Tensor advantages = Masked.Whiten(unwhitened, mask);
        check.Output("scores_after_penalty", scores);
        check.Output("rewards", rewards);
        check.Output("advantages_unwhitened", unwhitened);
        check.Output("returns", returns);
        check.Output("advantages", advantages);
        PpoSummary summary = PpoSummary.Create(old, kl, scores, mask, beta);
        check.Output("objective/kl", summary.Kl);
        check.Output("objective/entropy", summary.Entropy);
        check.Output("objective/non_score_reward", summary.NonScoreReward);
        check.Output("objective/scores", summary.Scores);
        check.Output("objective/rlhf_reward", summary.RlhfReward);
        check.Output("val/num_eos_tokens", cut.ContainsEos.sum());
        check.Output("val/explained_variance", PpoLoss.ExplainedVariance(values, returns, mask));
        if (golden.Options.GetProperty("adaptive_kl") is { ValueKind: JsonValueKind.Object } adaptive)
        {
            var controller = new KlController(
                beta, adaptive.GetProperty("target").GetDouble(), adaptive.GetProperty("horizon").GetDouble());
            check.Output("kl_coef_after", controller.Update(summary.Kl, adaptive.GetProperty("episodes").GetInt32()).Coefficient);
        }

        // 3. Minibatches.
        JsonElement adam = golden.Options.GetProperty("adamw");
        double[] betas = [.. Golden.Flatten(adam.GetProperty("betas"))], rates = [.. Golden.Flatten(adam.GetProperty("lr_per_step"))];
        using var optimizer = new AdamW([policy, critic], betas[0], betas[1], adam.GetProperty("eps").GetDouble(),
            adam.GetProperty("weight_decay").GetDouble(), decayMatricesOnly: false);
        int size = (int)golden.Number("minibatch_size"), step = 0;
        var metrics = new Dictionary<string, List<double>>();
        foreach (JsonElement order in golden.Options.GetProperty("minibatch_orders").EnumerateArray())
        {
            foreach (int[] rows in order.EnumerateArray().Select(r => r.GetInt32()).Chunk(size))
            {
                JsonElement expected = golden.Outputs.GetProperty($"step {step + 1}");
                void Is(string field, Tensor actual) => check.Compare(expected.GetProperty(field), field, actual, null);
                void Metric(string field, Tensor actual)
                {
                    Is(field, actual);
                    metrics.TryAdd(field, []);
                    metrics[field].Add(actual.item<double>());
                }
                Tensor index = tensor(rows.Select(r => (long)r).ToArray());
                Tensor Rows(Tensor x) => x.index_select(0, index);
                Tensor m = Rows(mask);
                Tensor fresh = ComputeLogProbs(policy, Rows(previous), Rows(ids), m);
                Tensor freshValues = Masked.Zeroed(critic[Rows(previous)], m);
                var weights = TokenWeights.Create(m, dtype: ScalarType.Float64);
                double clip = golden.Number("cliprange");
                PolicyLoss p = PpoLoss.Policy(fresh, Rows(old), Rows(advantages), weights, clip, clip);
                ValueLoss v = PpoLoss.Value(freshValues, Rows(values), Rows(returns), weights, golden.Number("cliprange_value"));
                Tensor loss = p.Loss + golden.Number("vf_coef") * v.Loss;
                loss.backward();
                Assert.True(Golden.Flatten(expected.GetProperty("rows")).SequenceEqual(rows.Select(r => (double)r)));
                Is("new_logprobs", fresh);
                Is("new_values", freshValues);
                Is("loss", loss);
                Is("ratio_max_deviation", p.RatioDeviation);
                Metric("loss/policy_avg", p.Loss);
                Metric("loss/value_avg", v.Loss);
                Metric("policy/approxkl_avg", p.ApproxKl);
                Metric("policy/clipfrac_avg", p.ClipFraction);
                Metric("policy/entropy_avg", Masked.Mean(LogProbs.WithEntropy(policy[Rows(previous)], Rows(ids), temperature).Entropy, m));
                Metric("val/clipfrac_avg", v.ClipFraction);
                Metric("val/ratio", p.Ratio);
                Is("grad_W", policy.grad!);
                Is("grad_w", critic.grad!);
                double most = golden.Number("max_grad_norm");
                double[] norms = golden.Word("clip_norm_over") == "W and w together"
                    ? [GradientClipping.Clip([policy.grad, critic.grad], most)]
                    : [GradientClipping.Clip([policy.grad], most), GradientClipping.Clip([critic.grad], most)];
                Is("grad_norm_before_clip", tensor(norms));
                optimizer.Update(rates[step++]);
                Is("W_after", policy);
                Is("w_after", critic);
                check.Leave($"step {step}");
            }
        }

        // 4. Means over the minibatches.
        foreach (var (field, numbers) in metrics)
            check.Output(field, numbers.Average());
        double mean = metrics["val/ratio"].Average();
        check.Output("val/ratio_var", metrics["val/ratio"].Sum(r => (r - mean) * (r - mean)) / (step - 1));
        check.AssertAllCompared();
    }
}

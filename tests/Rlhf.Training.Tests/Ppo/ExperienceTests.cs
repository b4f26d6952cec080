using Rlhf.Core.Options;
using Rlhf.Core.Randomness;
using Rlhf.Models;
using Rlhf.Models.Generation;
using Rlhf.Training.Ppo;
using static TorchSharp.torch;

namespace Rlhf.Training.Tests.Ppo;

/// <summary>What an update learns from, against the same worked out row by row in plain loops over doubles.</summary>
public sealed class ExperienceTests
{
    private const double Beta = 0.3, Temperature = 0.7, Gamma = 0.97, Lambda = 0.9, Penalty = 0.8;

    [Theory]
    [InlineData(KlEstimator.K1)]
    [InlineData(KlEstimator.K3)]
    public void Agrees_with_plain_loops(KlEstimator estimator)
    {
        using var scope = NewDisposeScope();
        using CausalLm policy = TinyModels.Policy(seed: 5), reference = TinyModels.Policy(seed: 6);
        using ScalarModel critic = ScalarModel.FromCausalLm(policy, new RandomStream(3, "head"));
        critic.Config = critic.Config with { RewardGain = 2, RewardBias = 0.5 };
        var options = new PpoOptions
        {
            Temperature = Temperature,
            MaxNewTokens = 14,
            Gamma = Gamma,
            Lambda = Lambda,
            MissingEosPenalty = Penalty,
            KlEstimator = estimator,
            MicroBatchSize = 3,
        };
        SampleRequest[] requests = [.. PlantedOrder.Prompts(12).Select((p, i) => new SampleRequest(p, new DrawKey(0, (uint)i, 0)))];
        Rollout rollout = Rollout.Sample(policy, requests, options, new RandomStream(1, "sampling")).ScoredBy(critic, 5);
        Assert.Contains(true, rollout.ContainsEos);
        Assert.Contains(false, rollout.ContainsEos);

        Experience experience = Experience.Of(rollout, policy, reference, critic, Beta, options);

        var advantages = new List<double[]>();
        for (int row = 0; row < rollout.Count; row++)
        {
            int[] prompt = rollout.Prompts[row], completion = rollout.Completions[row];
            double[] old = LogProbs(policy, prompt, completion), frozen = LogProbs(reference, prompt, completion), values = Values(critic, prompt, completion);
            int n = completion.Length;
            double score = Values(critic, [.. prompt, .. completion], [0])[0] - (rollout.ContainsEos[row] ? 0 : Penalty);
            double[] advantage = new double[n];
            double next = 0, following = 0;
            for (int t = n - 1; t >= 0; t--)
            {
                double d = old[t] - frozen[t], k = estimator == KlEstimator.K1 ? d : Math.Exp(-d) - 1 + d;
                double r = -Beta * k + (t == n - 1 ? score : 0);
                following = advantage[t] = r + Gamma * next - values[t] + Gamma * Lambda * following;
                next = values[t];
            }
            advantages.Add(advantage);
            Same(old, experience.OldLogProbs, row, 1e-4);
            Same(frozen, experience.ReferenceLogProbs, row, 1e-4);
            Same(values, experience.OldValues, row, 1e-4);
            Same([.. advantage.Zip(values, (a, v) => a + v)], experience.Returns, row, 1e-3);
        }
        double[] all = [.. advantages.SelectMany(a => a)];
        double mean = all.Average(), deviation = Math.Sqrt(all.Average(a => (a - mean) * (a - mean)) + 1e-8);
        for (int row = 0; row < rollout.Count; row++)
            Same([.. advantages[row].Select(a => (a - mean) / deviation)], experience.Advantages, row, 1e-3);
    }

    /// <summary>The numbers at the real tokens of a row, and 0 after them.</summary>
    private static void Same(double[] expected, Tensor actual, int row, double tolerance)
    {
        float[] got = actual[row].cpu().data<float>().ToArray();
        for (int t = 0; t < got.Length; t++)
            Assert.Equal(t < expected.Length ? expected[t] : 0, got[t], tolerance);
    }

    private static double[] LogProbs(CausalLm model, int[] prompt, int[] completion)
    {
        using var noGradient = no_grad();
        Tensor logits = model.Logits(Row([.. prompt, .. completion]), null)[0].to(ScalarType.Float64);
        return [.. completion.Select((id, t) =>
        {
            double[] scaled = [.. logits[prompt.Length - 1 + t].data<double>().ToArray().Select(l => l / Temperature)];
            return scaled[id] - Math.Log(scaled.Sum(Math.Exp));
        })];
    }

    private static double[] Values(ScalarModel model, int[] prompt, int[] completion)
    {
        using var noGradient = no_grad();
        float[] raw = model.Values(Row([.. prompt, .. completion]), null)[0].data<float>().ToArray();
        return [.. completion.Select((_, t) => 2.0 * raw[prompt.Length - 1 + t] + 0.5)];
    }

    private static Tensor Row(int[] ids) => tensor(ids.Select(i => (long)i).ToArray()).unsqueeze(0);
}

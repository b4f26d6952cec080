using Rlhf.Core.Options;
using Rlhf.Core.Randomness;
using Rlhf.Models;
using Rlhf.Models.Checkpoints;
using Rlhf.Training.Ppo;
using static TorchSharp.torch;

namespace Rlhf.Training.Tests.Ppo;

/// <summary>From a scored rollout to advantages and returns, against plain loops over numbers of whole texts read one by one.</summary>
public sealed class ExperienceTests : IDisposable
{
    private const double Beta = 0.3, Gain = 2, Bias = -0.3, Penalty = 0.5;

    private static readonly PpoOptions Options = new()
    {
        Temperature = 0.7,
        Gamma = 0.9,
        Lambda = 0.8,
        MissingEosPenalty = Penalty,
        MicroBatchSize = 3,
        MaxNewTokens = 5,
    };

    // One ends early, one with an EOS at the very last place, one not at all, one with its first token.
    private static readonly int[][] Prompts = [[2, 7], [2, 9, 8, 11], [2], [2, 5, 6]];
    private static readonly int[][] Completions =
        [[4, 0, TinyModels.Eos], [6, 7, 3, 9, TinyModels.Eos], [12, 12, 5, 8, 14], [TinyModels.Eos]];
    private static readonly bool[] Ended = [true, true, false, true];
    private static readonly double[] Scores = [0.4, -1.5, 2.25, 0.75];

    private readonly CausalLm _policy = Policy(1), _reference = Policy(2);
    private readonly ScalarModel _critic;

    public ExperienceTests()
    {
        using CausalLm trunk = Policy(3);
        _critic = ScalarModel.FromCausalLm(trunk, new RandomStream(4, "head"));
        _critic.Config = _critic.Config with { RewardGain = Gain, RewardBias = Bias };
    }

    public static TheoryData<KlEstimator, KlPlacement, bool, MissingEosPenalty> Variants => new()
    {
        { KlEstimator.K1, KlPlacement.Reward, false, MissingEosPenalty.Subtract },
        { KlEstimator.K1, KlPlacement.Reward, true, MissingEosPenalty.Set },
        { KlEstimator.K3, KlPlacement.Reward, false, MissingEosPenalty.Subtract },
        { KlEstimator.K2, KlPlacement.Loss, false, MissingEosPenalty.Subtract },
    };

    public void Dispose()
    {
        _policy.Dispose();
        _reference.Dispose();
        _critic.Dispose();
    }

    [Theory, MemberData(nameof(Variants))]
    public void Agrees_with_loops_over_whole_texts(
        KlEstimator estimator, KlPlacement placement, bool whitenRewards, MissingEosPenalty penalty)
    {
        using var scope = NewDisposeScope();
        double[][] old = LogProbs(_policy), reference = LogProbs(_reference), values = Values();
        var rollout = new Rollout(Prompts, Completions, [.. old.Select(r => r.Select(x => (float)x).ToArray())], Scores, Ended);
        Experience experience = Experience.Create(rollout, _policy, _reference, _critic, Beta,
            Options with { KlEstimator = estimator, KlPlacement = placement, WhitenRewards = whitenRewards, MissingEos = penalty });

        double[][] d = Zip(old, reference, (a, b) => a - b);
        Assert.Contains(d.SelectMany(x => x), x => x < 0);
        double[][] kl = [.. d.Select(row => row.Select(x => estimator switch
        {
            KlEstimator.K1 => x,
            KlEstimator.K2 => x * x / 2,
            _ => Math.Exp(-x) - 1 + x,
        }).ToArray())];
        double[] scores = [.. Scores.Select((s, i) => Ended[i] ? s : penalty == MissingEosPenalty.Set ? -Penalty : s - Penalty)];
        double[][] rewards = [.. kl.Select(
            (row, i) => row.Select((k, t) => (placement == KlPlacement.Reward ? -Beta * k : 0) + (t == row.Length - 1 ? scores[i] : 0))
            .ToArray())];
        if (whitenRewards)
            rewards = Whitened(rewards, keepMean: true);
        double[][] advantages = [.. rewards.Select((row, i) => Advantages(row, values[i]))];

        Check(experience.Mask.to(ScalarType.Float32), [.. Completions.Select(c => c.Select(_ => 1.0).ToArray())]);
        Check(experience.OldLogProbs, old);
        Check(experience.ReferenceLogProbs, reference);
        Check(experience.OldValues, values);
        Check(experience.Returns, Zip(advantages, values, (a, v) => a + v));
        Check(experience.Advantages, Whitened(advantages, keepMean: false));
        Assert.Equal(kl.Average(row => row.Sum()), experience.Summary.Kl, 1e-3);
        Assert.Equal(-Beta * kl.Average(row => row.Sum()), experience.Summary.NonScoreReward, 1e-3);
        Assert.Equal(scores.Average(), experience.Summary.Scores, 1e-4);
        Assert.Equal(old.Average(row => -row.Sum()), experience.Summary.Entropy, 1e-3);
    }

    /// <summary>In bf16 the sampler's numbers are not taken over.</summary>
    [Fact]
    public void Narrow_policies_are_read_again()
    {
        using var scope = NewDisposeScope();
        using CausalLm narrow = Policy(1, ScalarType.BFloat16);
        var rollout = new Rollout(Prompts, Completions, [.. Completions.Select(c => new float[c.Length])], Scores, Ended);
        Experience experience = Experience.Create(rollout, narrow, _reference, _critic, Beta, Options);
        Assert.Equal(ScalarType.Float32, experience.OldLogProbs.dtype);
        Check(experience.OldLogProbs, LogProbs(_policy), 0.3);
        Assert.True(experience.OldLogProbs[0, 0].item<float>() < -0.1);
    }

    /// <summary>Weights far enough from 0 that the models disagree.</summary>
    private static CausalLm Policy(ulong seed, ScalarType dtype = ScalarType.Float32) => CausalLm.Create(
        ModelConfig.CreateLlama(TinyModels.Vocabulary, 16, 2, 2, 1, 32, 64, eosIds: [TinyModels.Eos], padId: TinyModels.Pad)
        with
        { InitializerRange = 0.3 },
        new RandomStream(seed, "init"), CPU, dtype);

    private static Tensor Row(int i) => tensor(Prompts[i].Concat(Completions[i]).Select(id => (long)id).ToArray()).unsqueeze(0);

    private static double[][] LogProbs(CausalLm model) => [.. Completions.Select((completion, i) =>
    {
        Tensor logits = (model.Logits(Row(i), null)[0].to(ScalarType.Float64) / Options.Temperature).log_softmax(-1);
        return completion.Select((id, t) => logits[Prompts[i].Length + t - 1, id].item<double>()).ToArray();
    })];

    private double[][] Values() => [.. Completions.Select((completion, i) =>
    {
        Tensor raw = _critic.Values(Row(i), null)[0].to(ScalarType.Float64);
        return completion.Select((_, t) => Gain * raw[Prompts[i].Length + t - 1].item<double>() + Bias).ToArray();
    })];

    private static double[] Advantages(double[] rewards, double[] values)
    {
        double[] advantages = new double[rewards.Length];
        for (int t = rewards.Length - 1; t >= 0; t--)
        {
            bool last = t == rewards.Length - 1;
            advantages[t] = rewards[t] + (last ? 0 : Options.Gamma * values[t + 1]) - values[t] + (last
                ? 0 : Options.Gamma * Options.Lambda * advantages[t + 1]);
        }
        return advantages;
    }

    private static double[][] Whitened(double[][] rows, bool keepMean)
    {
        double[] all = [.. rows.SelectMany(r => r)];
        double mean = all.Average(), variance = all.Average(x => (x - mean) * (x - mean));
        return [.. rows.Select(r => r.Select(x => (x - mean) / Math.Sqrt(variance + 1e-8) + (keepMean ? mean : 0)).ToArray())];
    }

    private static double[][] Zip(double[][] a, double[][] b, Func<double, double, double> of) =>
        [.. a.Zip(b, (x, y) => x.Zip(y, of).ToArray())];

    /// <summary>Every entry; padding is 0.</summary>
    private static void Check(Tensor actual, double[][] expected, double tolerance = 1e-4)
    {
        Assert.Equal([expected.Length, expected.Max(r => r.Length)], actual.shape);
        for (int i = 0; i < expected.Length; i++)
        {
            for (int t = 0; t < actual.shape[1]; t++)
                Assert.Equal(t < expected[i].Length ? expected[i][t] : 0, actual[i, t].item<float>(),
                    t < expected[i].Length ? tolerance : 0);
        }
    }
}

using Rlhf.Core;
using Rlhf.Core.Options;
using Rlhf.Models;
using Rlhf.Models.Native;
using Rlhf.Training.Ppo;
using Rlhf.Training.Sft;
using static TorchSharp.torch;

namespace Rlhf.Training.Tests.Ppo;

public sealed class PpoTrainerTests : IDisposable
{
    private static readonly PpoOptions Options = new()
    {
        Updates = 3,
        BatchSize = 16,
        Minibatches = 2,
        Epochs = 2,
        MaxNewTokens = 8,
        LearningRate = 3e-3,
        KlCoefficient = 0.02,
        EvaluateEvery = 0,
        Temperature = 0.7,
    };

    /// <summary>ppo.md 26, TRL's names where TRL has one.</summary>
    private static readonly string[] Reported =
    [
        "objective/kl", "objective/scores", "objective/rlhf_reward", "objective/non_score_reward", "objective/entropy",
            "policy/approxkl_avg",
        "policy/clipfrac_avg", "policy/entropy_avg", "loss/policy_avg", "loss/value_avg", "val/clipfrac_avg", "val/ratio", "val/ratio_var",
        "val/num_eos_tokens", "val/explained_variance", "tokens/s", "seconds/sample", "seconds/score", "seconds/experience",
            "seconds/optimize",
        "beta", "lr", "episode",
    ];

    private readonly ScalarModel _reward = PlantedOrder.Model();

    public void Dispose() => _reward.Dispose();

    private Recorder Train(CausalLm policy, PpoOptions options, ScalarModel? reward = null, IReadOnlyList<int[]>? evaluation = null)
    {
        var recorder = new Recorder();
        new PpoTrainer(options, recorder).Train(policy, reward ?? _reward, PlantedOrder.Prompts(24), evaluation);
        return recorder;
    }

    private byte[] Result(PpoOptions options)
    {
        using CausalLm policy = TinyModels.Policy();
        Train(policy, options);
        return TinyModels.Bytes(policy);
    }

    [Fact]
    public void Policy_learns_what_the_reward_model_likes()
    {
        using ScalarModel reward = PlantedOrder.Trained();
        using CausalLm policy = TinyModels.Policy();
        Recorder recorder = Train(policy, Options with { Updates = 20, BatchSize = 32, Epochs = 4 }, reward);
        double[] scores = recorder.Series("objective/scores"), kl = recorder.Series("objective/kl");
        double before = scores[..2].Average(), after = scores[^2..].Average();
        Assert.True(after > before + 1, $"mean score from {before} to {after}");
        Assert.Equal(0, kl[0], 1e-4);
        Assert.True(kl[^1] > 0.1, $"KL {kl[^1]}");
    }

    [Fact]
    public void Every_metric_is_reported_and_the_first_ratios_are_1()
    {
        using CausalLm policy = TinyModels.Policy();
        Recorder recorder = Train(policy, Options with { Epochs = 1, Minibatches = 1 });
        Assert.Equal(3, recorder.Reports.Count);
        Assert.All(recorder.Reports, r => Assert.Empty(Reported.Except(r.Values.Keys)));
        Assert.All(recorder.Reports, r => Assert.All(r.Values.Values, v => Assert.True(double.IsFinite(v))));
        // The only minibatch of each update is its first: no step lies between sampling and it.
        Assert.All(recorder.Series("val/first_ratio_deviation"), d => Assert.InRange(d, 0, 1e-4));
        Assert.All(recorder.Series("val/ratio"), r => Assert.Equal(1, r, 1e-4));
        Assert.All(recorder.Series("policy/clipfrac_avg"), c => Assert.Equal(0, c));
        // The advantages are whitened, and every ratio is 1.
        Assert.All(recorder.Series("loss/policy_avg"), l => Assert.Equal(0, l, 1e-4));
        Assert.Equal([16, 32, 48], recorder.Series("episode"));
        Assert.Equal([3e-3, 2e-3, 1e-3], recorder.Series("lr").Select(l => Math.Round(l, 9)));
    }

    [Fact]
    public void Same_seed_gives_the_same_bytes_and_another_seed_others()
    {
        byte[] first = Result(Options);
        Assert.Equal(first, Result(Options));
        Assert.NotEqual(first, Result(Options with { Seed = 2 }));
    }

    [Fact]
    public void Micro_batches_give_the_update_of_the_whole_minibatch()
    {
        double[] Numbers(int micro)
        {
            using CausalLm policy = TinyModels.Policy();
            Recorder recorder = Train(policy, Options with { MicroBatchSize = micro, Updates = 2 });
            return [.. Reported.Where(n => !n.StartsWith("seconds", StringComparison.Ordinal) && n != "tokens/s")
                .SelectMany(recorder.Series), .. recorder.Series("policy/gradient_norm")];
        }
        double[] whole = Numbers(0), parts = Numbers(3);
        Assert.All(whole.Zip(parts), pair => Assert.Equal(pair.First, pair.Second, 2e-3 * Math.Max(1, Math.Abs(pair.First))));
    }

    [Fact]
    public void Live_tensors_stay_flat_over_50_updates()
    {
        using CausalLm policy = TinyModels.Policy();
        Recorder recorder = Train(policy, Options with { Updates = 50, Epochs = 1, BatchSize = 8, MaxNewTokens = 4 });
        Assert.Equal(50, recorder.Live.Count);
        Assert.Single(recorder.Live.Skip(1).Distinct());
    }

    /// <summary>Nothing but the policy changes.</summary>
    [Fact]
    public void Reward_model_is_left_as_it_was()
    {
        byte[] before = TinyModels.Bytes(_reward);
        byte[] untrained;
        using (CausalLm policy = TinyModels.Policy())
            untrained = TinyModels.Bytes(policy);
        Assert.NotEqual(untrained, Result(Options));
        Assert.Equal(before, TinyModels.Bytes(_reward));
        Assert.NotEqual(untrained, Result(Options with { CriticWarmupUpdates = 2 }));
    }

    [Fact]
    public void Critic_learns_the_returns_while_the_policy_waits()
    {
        using CausalLm policy = TinyModels.Policy();
        double[] explained = Train(policy, Options with { CriticWarmupUpdates = 16, Updates = 17, BatchSize = 32, LinearDecay = false })
            .Series("val/explained_variance");
        Assert.True(explained[^3..].Average() > explained[0] + 0.1, $"explained variance from {explained[0]} to {explained[^1]}");
    }

    [Fact]
    public void Evaluation_prompts_take_the_same_draws_each_time()
    {
        using CausalLm policy = TinyModels.Policy();
        Recorder recorder = Train(
            policy, Options with { LearningRate = 0, EvaluateEvery = 1, EvaluationPrompts = 3 }, evaluation: PlantedOrder.Prompts(5));
        Assert.Equal([0, 1, 2, 3], recorder.Shown.Select(s => s.Step));
        Assert.All(recorder.Shown, s => Assert.Equal(3, s.Samples.Count));
        // The policy stands still, and so do its samples.
        Assert.All(recorder.Shown, s =>
            Assert.Equal(recorder.Shown[0].Samples.SelectMany(x => x.CompletionIds), s.Samples.SelectMany(x => x.CompletionIds)));
        Assert.All(recorder.Shown[0].Samples, s => Assert.NotNull(s.Score));
    }

    [Fact]
    public void Beta_is_steered_towards_the_target()
    {
        using CausalLm policy = TinyModels.Policy();
        double[] betas = Train(policy, Options with { KlTarget = 6, KlHorizon = 100, LearningRate = 0 }).Series("beta");
        // KL is 0: e = −0.2, and β falls by 0.2 · 16/100 = 3.2 % an update.
        Assert.All(betas.Zip(betas.Skip(1)), pair => Assert.Equal(0.968, pair.Second / pair.First, 1e-4));
    }

    [Fact]
    public void Epochs_end_early_when_approxkl_passes_the_limit()
    {
        using CausalLm policy = TinyModels.Policy();
        Recorder recorder = Train(policy, Options with { Epochs = 6, LearningRate = 2e-2, StopAtApproxKl = 1e-3 });
        Assert.All(recorder.Series("optimizer_steps"), steps => Assert.InRange(steps, 2, 11));
    }

    [Fact]
    public void Average_of_the_policy_is_the_result_where_one_is_kept()
    {
        byte[] still = Result(Options with { LearningRate = 0 }), last = Result(Options), mean = Result(Options with { EmaDecay = 0.9 });
        Assert.NotEqual(last, mean);
        double Distance(byte[] a, byte[] b)
        {
            var x = System.Runtime.InteropServices.MemoryMarshal.Cast<byte, float>(a);
            var y = System.Runtime.InteropServices.MemoryMarshal.Cast<byte, float>(b);
            double sum = 0;
            for (int i = 0; i < x.Length; i++)
                sum += Math.Pow(x[i] - y[i], 2);
            return Math.Sqrt(sum);
        }
        Assert.InRange(Distance(still, mean), 0.2 * Distance(still, last), 0.8 * Distance(still, last));
    }

    /// <summary>
    /// 500 steps of 1/1000 bring the average 1 − 0.999^500 = 0.394 of the way from 1 to 2; each step alone is below what bf16 tells apart
    /// there.
    /// </summary>
    [Fact]
    public void Average_of_a_narrow_policy_moves()
    {
        using var scope = NewDisposeScope();
        using CausalLm policy = TinyModels.Policy(dtype: ScalarType.BFloat16);
        void Fill(double value)
        {
            using var gradients = no_grad();
            foreach (var parameter in policy.parameters())
                parameter.fill_(value);
        }
        Fill(1);
        using var average = new PolicyEma(policy, 0.999);
        Fill(2);
        for (int i = 0; i < 500; i++)
            average.Update();
        average.Finish();
        Assert.All(policy.parameters(), p => Assert.Equal(1.394, p.to(ScalarType.Float64).mean().item<double>(), 0.005));
    }

    /// <summary>ρ and the value's clip go by what policy and critic said when the completions were sampled, through all epochs.</summary>
    [Fact]
    public void Later_minibatches_are_clipped_around_the_old_policy_and_the_old_values()
    {
        using CausalLm policy = TinyModels.Policy();
        Recorder recorder = Train(
            policy, Options with { Updates = 1, Epochs = 4, LearningRate = 3e-2, ClipRange = 0.02, ClipRangeValue = 1e-3 });
        foreach (string name in (string[])["policy/clipfrac_avg", "policy/approxkl_avg", "val/clipfrac_avg", "val/ratio_var"])
            Assert.All(recorder.Series(name), x => Assert.True(x > 1e-6, $"{name} is {x}"));
    }

    /// <summary>Four tokens of the longest prompt and eight of a completion. The reward model reads both together.</summary>
    [Theory]
    [InlineData("gpt2", 12, 12, null)]
    [InlineData("gpt2", 11, 12, "the 11 positions")]
    [InlineData("gpt2", 12, 11, "the 11 positions")]
    [InlineData("llama", 12, 12, null)]
    [InlineData("llama", 11, 12, "the 11 positions")]
    [InlineData("llama", 12, 11, "the 11 positions")]
    public void Texts_longer_than_the_positions_of_either_model_are_refused_before_anything_is_sampled(
        string family, int ofPolicy, int ofReward, string? refused)
    {
        using CausalLm policy = TinyModels.OfFamily(family, ofPolicy), trunk = TinyModels.OfFamily(family, ofReward);
        using ScalarModel reward = TinyModels.Reward(trunk);
        PpoOptions options = Options with { Updates = 1 };
        int longest = PlantedOrder.Prompts(24).Max(p => p.Length);
        Assert.Equal(12, longest + options.MaxNewTokens);
        if (refused is null)
            Assert.Equal([1], Train(policy, options, reward).Steps.Select(s => s.Done));
        else
            Assert.Contains(refused, Assert.Throws<UserError>(() => Train(policy, options, reward)).Message);
        // The evaluation prompts count as well.
        Assert.Throws<UserError>(() => Train(policy, options, reward, [[2, 6, 7, 8, 9]]));
    }

    /// <summary>In bf16 the old log-probabilities are the trainer's own, and its first ratios 1 all the same.</summary>
    [Fact]
    public void Bf16_runs_and_its_first_ratios_are_1()
    {
        using CausalLm policy = TinyModels.Policy(dtype: ScalarType.BFloat16);
        using ScalarModel reward = TinyModels.Reward(policy);
        byte[] before = TinyModels.Bytes(policy);
        Recorder recorder = Train(policy, Options with { Epochs = 1, Minibatches = 1, Updates = 2 }, reward);
        Assert.All(recorder.Series("val/first_ratio_deviation"), d => Assert.InRange(d, 0, 1e-4));
        Assert.NotEqual(before, TinyModels.Bytes(policy));
    }

    /// <summary>Gradients of micro-batches and of pretraining text add up in fp32, and are what is clipped and reported.</summary>
    [Fact]
    public void Bf16_gradients_of_micro_batches_add_up_to_the_minibatchs()
    {
        Sequence[] text = [new Sequence([2, 6, 7, 8, 1], [false, true, true, true, true])];
        double[] Norms(int micro, double ofText = 0)
        {
            using CausalLm policy = TinyModels.Policy(dtype: ScalarType.BFloat16);
            using ScalarModel reward = TinyModels.Reward(policy);
            var recorder = new Recorder();
            new PpoTrainer(
                Options with { Epochs = 1, Minibatches = 1, Updates = 1, MicroBatchSize = micro, PtxCoefficient = ofText }, recorder).Train(
                policy, reward, PlantedOrder.Prompts(24), null, text);
            return [.. recorder.Series("policy/gradient_norm"), .. recorder.Series("val/gradient_norm")];
        }
        double[] whole = Norms(0);
        Assert.All(whole, n => Assert.True(n > 0.01, $"norm {n}"));
        Assert.All(whole.Zip(Norms(3)), n => Assert.Equal(n.First, n.Second, 0.02 * n.First));
        double[] withText = Norms(3, ofText: 100);
        Assert.True(withText[0] > 10 * whole[0], $"norm {withText[0]}");
        Assert.Equal(whole[1], withText[1], 0.02 * whole[1]);
    }

    [Fact]
    public void Pretraining_text_holds_the_policy()
    {
        Sequence[] text = [.. Enumerable.Range(0, 8).Select(_ => new Sequence([2, 6, 7, 8, 1], [false, true, true, true, true]))];
        double Loss(double coefficient)
        {
            using CausalLm policy = TinyModels.Policy();
            new PpoTrainer(Options with { PtxCoefficient = coefficient }, new NoObserver()).Train(
                policy, _reward, PlantedOrder.Prompts(24), null, text);
            return new SftTrainer(new SftOptions(), new NoObserver()).Evaluate(policy, text);
        }
        Assert.True(Loss(1) < Loss(0) - 0.1);
        using CausalLm other = TinyModels.Policy();
        Assert.Throws<UserError>(
            () => new PpoTrainer(Options with { PtxCoefficient = 1 }, new NoObserver()).Train(other, _reward, PlantedOrder.Prompts(3)));
    }

    [Theory]
    [InlineData(ScalarType.Float32)]
    [InlineData(ScalarType.BFloat16)]
    public void Two_trainings_on_cuda_give_the_same_bytes(ScalarType dtype)
    {
        if (!cuda.is_available())
            Assert.Skip("SKIPPED: no CUDA device here");
        byte[] Trained()
        {
            using CausalLm policy = TinyModels.Policy(device: Devices.Resolve("cuda"), dtype: dtype);
            using ScalarModel reward = TinyModels.Reward(policy);
            Train(policy, Options, reward);
            return TinyModels.Bytes(policy);
        }
        byte[] first = Trained();
        Assert.True(DeterministicAlgorithms.InUse);
        for (int again = 0; again < 3; again++)
            Assert.Equal(first, Trained());
    }

    /// <summary>One update on CUDA against the CPU's: all numbers that do not measure time, and the weights, to 1e-4.</summary>
    [Fact]
    public void Update_on_cuda_agrees_with_the_cpu()
    {
        if (!cuda.is_available())
            Assert.Skip("SKIPPED: no CUDA device here");
        (double[] Metrics, Tensor Weights) Update(Device device)
        {
            using CausalLm policy = TinyModels.Policy(device: device);
            using ScalarModel reward = TinyModels.Reward(policy);
            Recorder recorder = Train(policy, Options with { Updates = 1, Epochs = 1 }, reward);
            return ([.. Reported.Where(n => !n.StartsWith("seconds", StringComparison.Ordinal) && n != "tokens/s")
                .SelectMany(recorder.Series)],
                cat([.. policy.parameters().Select(p => p.detach().flatten().cpu())]));
        }
        using var scope = NewDisposeScope();
        var (onCpu, cpuWeights) = Update(CPU);
        var (onCuda, cudaWeights) = Update(CUDA);
        Assert.All(onCpu.Zip(onCuda), pair => Assert.Equal(pair.First, pair.Second, 1e-4 * Math.Max(1, Math.Abs(pair.First))));
        Assert.True((cpuWeights - cudaWeights).square().amax([]).sqrt().item<float>() < 1e-4);
    }
}

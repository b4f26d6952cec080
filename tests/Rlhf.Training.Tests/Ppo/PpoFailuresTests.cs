using Rlhf.Core;
using Rlhf.Core.Options;
using Rlhf.Models;
using Rlhf.Training.Ppo;
using static TorchSharp.torch;

namespace Rlhf.Training.Tests.Ppo;

/// <summary>What PPO refuses, and whom it blames where numbers are not finite.</summary>
public sealed class PpoFailuresTests : IDisposable
{
    private static readonly PpoOptions Options =
        new() { Updates = 3, BatchSize = 8, Minibatches = 2, Epochs = 2, MaxNewTokens = 6, EvaluateEvery = 0 };

    private readonly CausalLm _policy = TinyModels.Policy();
    private readonly ScalarModel _reward = PlantedOrder.Model();

    public static TheoryData<string, PpoOptions> Conflicts => new()
    {
        { "minibatches: 9", Options with { Minibatches = 9 } },
        { "criticWarmupUpdates: 3 of 3", Options with { CriticWarmupUpdates = 3 } },
        { "stopAtApproxKl", Options with { StopAtApproxKl = 0.1, Epochs = 1, Minibatches = 1 } },
        { "klEstimator: k1", Options with { KlPlacement = KlPlacement.Loss } },
        { "klEstimator: k3StraightThrough", Options with { KlEstimator = KlEstimator.K3StraightThrough } },
        { "klTarget", Options with { KlTarget = 6, KlCoefficient = 0 } },
        { "klHorizon: 500", Options with { KlHorizon = 500 } },
        { "dualClip: 0.5", Options with { DualClip = 0.5 } },
        { "valueCoefficient", Options with { ValueCoefficient = 0, CriticWarmupUpdates = 1 } },
        { "valueCoefficient", Options with { ValueCoefficient = 0, CriticLearningRate = 1e-3 } },
        { "ptxText: 'a.txt'", Options with { PtxText = "a.txt" } },
        { "evaluateEvery: 5", Options with { EvaluationPrompts = 0, EvaluateEvery = 5 } },
    };

    public void Dispose()
    {
        _policy.Dispose();
        _reward.Dispose();
    }

    [Theory, MemberData(nameof(Conflicts), DisableDiscoveryEnumeration = true)]
    public void Options_that_cannot_act_together_are_refused_before_anything_is_computed(string expected, PpoOptions options)
    {
        byte[] before = TinyModels.Bytes(_policy);
        Assert.Contains(expected, Assert.Throws<UserError>(() => Train(options)).Message);
        Assert.Equal(before, TinyModels.Bytes(_policy));
        // Where the options are read, the same is said.
        Assert.Contains(expected,
            Assert.Single(((System.ComponentModel.DataAnnotations.IValidatableObject)options).Validate(new(options))).ErrorMessage);
        Assert.Null(Options.FindConflict());
    }

    [Theory]
    [InlineData(5, 4)]
    [InlineData(9, 4)]
    [InlineData(8, 8)]
    public void Every_epoch_takes_as_many_steps_as_there_are_minibatches(int batch, int minibatches)
    {
        double[] steps = Train(Options with { BatchSize = batch, Minibatches = minibatches, Updates = 1 }).Series("optimizer_steps");
        Assert.Equal([2.0 * minibatches], steps);
    }

    [Fact]
    public void Policy_that_explodes_is_a_diverged_training_and_its_rate_is_named()
    {
        var failure = Assert.Throws<TrainingDivergedException>(() => Train(Options, Poison(_policy, after: 2)));
        Assert.Contains("policy", failure.Message);
        Assert.Contains("lower learningRate", failure.Message);
        Assert.DoesNotContain("critic", failure.Message);
    }

    [Fact]
    public void Damaged_policy_is_bad_input()
    {
        Break(_policy, float.NaN);
        string message = Assert.Throws<UserError>(() => Train(Options)).Message;
        Assert.Contains("logits", message);
        Assert.DoesNotContain("learningRate", message);
    }

    /// <summary>A prompt that no update would have come to is not blamed on the training.</summary>
    [Fact]
    public void Prompts_that_cannot_be_sampled_from_are_refused_before_anything_is_computed()
    {
        foreach (int[] wrong in (int[][])[[], [2, TinyModels.Vocabulary]])
        {
            var recorder = new Recorder();
            Assert.Throws<UserError>(() => new PpoTrainer(Options, recorder).Train(_policy, _reward, [.. PlantedOrder.Prompts(40), wrong]));
            Assert.Empty(recorder.Reports);
        }
    }

    [Fact]
    public void Damaged_reward_model_is_bad_input_and_is_named()
    {
        Break(_reward, float.NaN);
        string message = Assert.Throws<UserError>(() => Train(Options)).Message;
        Assert.Contains("reward model", message);
        Assert.Contains("score NaN", message);
        Assert.DoesNotContain("earningRate", message);
    }

    /// <summary>Values of 1e25 squared are beyond fp32: before any step, so that no learning rate can be blamed.</summary>
    [Fact]
    public void Critic_whose_loss_overflows_is_named()
    {
        _reward.Config = _reward.Config with { RewardGain = 1e25 };
        string message = Assert.Throws<TrainingDivergedException>(() => Train(Options with { CriticLearningRate = 0.5 })).Message;
        Assert.Contains("critic", message);
        Assert.DoesNotContain("lower", message);
    }

    /// <summary>One step at an absurd rate: the values of the next update are not finite, and its advantages would not be either.</summary>
    [Fact]
    public void Critic_that_explodes_is_a_diverged_training_and_its_rate_is_named()
    {
        string message = Assert.Throws<TrainingDivergedException>(
            () => Train(Options with { CriticLearningRate = 1e37, Epochs = 1, Minibatches = 1 })).Message;
        Assert.Contains("a value of the critic", message);
        Assert.Contains("lower criticLearningRate", message);
    }

    private static void Break(nn.Module model, float value)
    {
        using var noGradient = no_grad();
        model.parameters().Last().fill_(value);
    }

    /// <summary>Makes a model infinite at a report: what a rate that is far too high comes to, without the waiting.</summary>
    private static Recorder Poison(CausalLm model, int after) => new()
    {
        AtStep = step =>
        {
            if (step == after)
                Break(model, float.PositiveInfinity);
        },
    };

    private Recorder Train(PpoOptions options, Recorder? recorder = null)
    {
        recorder ??= new Recorder();
        new PpoTrainer(options, recorder).Train(_policy, _reward, PlantedOrder.Prompts(12));
        return recorder;
    }
}

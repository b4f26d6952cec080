using Rlhf.Core.Options;
using Rlhf.Core.Randomness;
using Rlhf.Models;
using Rlhf.Models.Checkpoints;
using Rlhf.Training.Ppo;
using Rlhf.Training.Sft;
using static TorchSharp.torch;

namespace Rlhf.Training.Tests.Oracles;

/// <summary>
/// Two updates on models whose weights are far enough from 0 that every option is felt: prompts of several lengths that come round
/// again within a batch, completions that end and that do not, clips that act, a reward model with a gain and a bias.
/// </summary>
internal static class PpoScenario
{
    public static readonly PpoOptions Base = new()
    {
        Updates = 2,
        BatchSize = 6,
        Minibatches = 2,
        Epochs = 2,
        MaxNewTokens = 6,
        Temperature = 0.8,
        LearningRate = 1e-2,
        Epsilon = 1e-2,
        KlCoefficient = 0.3,
        MissingEosPenalty = 0.7,
        MaxGradientNorm = 0.5,
        ValueCoefficient = 0.5,
        ClipRange = 0.05,
        ClipRangeValue = 0.1,
        EvaluateEvery = 1,
        EvaluationPrompts = 2,
    };

    private static readonly Dictionary<PpoOptions, PpoOutcome> Oracles = [];

    private static readonly PpoOptions Long = Base with { MaxNewTokens = 56, Seed = 2 };

    private static readonly PpoOptions Ptx = Base with { PtxCoefficient = 0.5 };

    /// <summary>Options by the property that they change, and what they are compared with.</summary>
    public static readonly IReadOnlyList<(string Name, PpoOptions With, PpoOptions Without)> Variants =
    [
        (nameof(PpoOptions.Seed), Base with { Seed = 5 }, Base),
        (nameof(PpoOptions.Updates), Base with { Updates = 3 }, Base),
        (nameof(PpoOptions.BatchSize), Base with { BatchSize = 7 }, Base),
        (nameof(PpoOptions.Minibatches), Base with { Minibatches = 4 }, Base),
        (nameof(PpoOptions.Epochs), Base with { Epochs = 3 }, Base),
        (nameof(PpoOptions.MaxNewTokens), Base with { MaxNewTokens = 4 }, Base),
        (nameof(PpoOptions.Temperature), Base with { Temperature = 1.4 }, Base),
        (nameof(PpoOptions.LearningRate), Base with { LearningRate = 4e-3 }, Base),
        (nameof(PpoOptions.CriticLearningRate), Base with { CriticLearningRate = 3e-2 }, Base),
        (nameof(PpoOptions.LinearDecay), Base with { LinearDecay = false }, Base),
        (nameof(PpoOptions.CriticWarmupUpdates), Base with { CriticWarmupUpdates = 1 }, Base),
        (nameof(PpoOptions.Beta1), Base with { Beta1 = 0.5 }, Base),
        (nameof(PpoOptions.Beta2), Base with { Beta2 = 0.7 }, Base),
        (nameof(PpoOptions.Epsilon), Base with { Epsilon = 3e-2 }, Base),
        (nameof(PpoOptions.WeightDecay), Base with { WeightDecay = 0.5 }, Base),
        (nameof(PpoOptions.MaxGradientNorm), Base with { MaxGradientNorm = 0 }, Base),
        (nameof(PpoOptions.KlCoefficient), Base with { KlCoefficient = 1 }, Base),
        (nameof(PpoOptions.KlTarget), Base with { KlTarget = 2, KlHorizon = 50 }, Base),
        (nameof(PpoOptions.KlHorizon), Base with { KlTarget = 2, KlHorizon = 20 }, Base with { KlTarget = 2, KlHorizon = 50 }),
        (nameof(PpoOptions.KlTarget) + " in the loss", Loss(KlEstimator.K2) with { KlTarget = 2, KlHorizon = 20 }, Loss(KlEstimator.K2)),
        (nameof(PpoOptions.KlEstimator), Base with { KlEstimator = KlEstimator.K2 }, Base),
        (nameof(PpoOptions.KlEstimator) + " k3", Base with { KlEstimator = KlEstimator.K3 }, Base with { KlEstimator = KlEstimator.K2 }),
        (nameof(PpoOptions.KlPlacement), Loss(KlEstimator.K2), Base with { KlEstimator = KlEstimator.K2 }),
        (nameof(PpoOptions.KlPlacement) + " k3", Loss(KlEstimator.K3), Loss(KlEstimator.K2)),
        (nameof(PpoOptions.KlPlacement) + " k3StraightThrough", Loss(KlEstimator.K3StraightThrough), Loss(KlEstimator.K3)),
        (nameof(PpoOptions.MissingEosPenalty), Base with { MissingEosPenalty = 2 }, Base),
        (nameof(PpoOptions.MissingEos), Base with { MissingEos = MissingEosPenalty.Set }, Base),
        (nameof(PpoOptions.WhitenRewards), Base with { WhitenRewards = true }, Base),
        (nameof(PpoOptions.Gamma), Base with { Gamma = 0.8 }, Base),
        (nameof(PpoOptions.Lambda), Base with { Lambda = 0.3 }, Base),
        (nameof(PpoOptions.ClipRange), Base with { ClipRange = 0.02 }, Base),
        (nameof(PpoOptions.ClipRangeHigh), Base with { ClipRangeHigh = 0.01 }, Base),
        (nameof(PpoOptions.DualClip), Base with { DualClip = 1.02 }, Base),
        (nameof(PpoOptions.ClipRangeValue), Base with { ClipRangeValue = 0.02 }, Base),
        (nameof(PpoOptions.ValueCoefficient), Base with { ValueCoefficient = 0.1 }, Base),
        (nameof(PpoOptions.Aggregation), Base with { Aggregation = LossAggregation.SequenceMeanTokenSum }, Base),
        (nameof(PpoOptions.Aggregation) + " mean of means", Base with { Aggregation = LossAggregation.SequenceMeanTokenMean }, Base),
        // Longer than any completion becomes: what is divided by is what could be, not what there is.
        (nameof(PpoOptions.Aggregation) + " over length", Long with { Aggregation = LossAggregation.SequenceSumOverLength }, Long),
        (nameof(PpoOptions.Aggregation)
            + " of the KL loss", Loss(KlEstimator.K2) with { Aggregation = LossAggregation.SequenceMeanTokenSum }, Loss(KlEstimator.K2)),
        (nameof(PpoOptions.StopAtApproxKl), Base with { StopAtApproxKl = 1e-4 }, Base),
        (nameof(PpoOptions.PtxCoefficient), Ptx, Base),
        (nameof(PpoOptions.PtxCoefficient) + " in parts", Ptx with { PtxCoefficient = 3, MicroBatchSize = 2 }, Base),
        (nameof(PpoOptions.EmaDecay), Base with { EmaDecay = 0.7 }, Base),
        (nameof(PpoOptions.EvaluateEvery), Base with { EvaluateEvery = 0 }, Base),
        (nameof(PpoOptions.EvaluationPrompts), Base with { EvaluationPrompts = 3 }, Base),
    ];

    /// <summary>Prompts of 2 to 4 tokens; a batch of six takes some of the four twice.</summary>
    public static List<int[]> Prompts { get; } = PlantedOrder.Prompts(4);

    public static List<int[]> EvaluationPrompts { get; } = [[2, 9], [2, 7, 12], [2, 3, 4, 5]];

    public static Sequence[] Pretraining { get; } =
    [
        new([2, 6, 7, 8, 1], [false, true, true, true, true]),
        new([2, 9, 10], [false, true, true]),
        new([2, 11, 12, 13, 14, 15, 1], [false, false, false, true, true, true, true]),
    ];

    public static CausalLm Policy() => CausalLm.Create(Config, new RandomStream(1, "init"), CPU, ScalarType.Float32);

    public static ScalarModel Reward()
    {
        using CausalLm trunk = CausalLm.Create(Config, new RandomStream(2, "init"), CPU, ScalarType.Float32);
        ScalarModel model = ScalarModel.FromCausalLm(trunk, new RandomStream(3, "head"));
        model.Config = model.Config with { RewardGain = 1.7, RewardBias = -0.4 };
        return model;
    }

    /// <summary>What the trainer makes of it, without the numbers that measure time.</summary>
    public static PpoOutcome Train(PpoOptions options)
    {
        using CausalLm policy = Policy();
        using ScalarModel reward = Reward();
        var recorder = new Recorder();
        new PpoTrainer(options, recorder).Train(policy, reward, Prompts, EvaluationPrompts, Pretraining);
        return new PpoOutcome(
            [.. recorder.Reports.Select(
                r => r.Values.Where(v => !v.Key.StartsWith("seconds", StringComparison.Ordinal) && v.Key != "tokens/s").ToDictionary())],
            [.. recorder.Shown.Select(s => (s.Step, s.Samples.ToArray()))], OracleModels.WeightsOf(policy));
    }

    /// <summary>The oracle's outcome; many comparisons share one.</summary>
    public static PpoOutcome TrainOracle(PpoOptions options)
    {
        if (Oracles.TryGetValue(options, out PpoOutcome? known))
            return known;
        using CausalLm policy = Policy();
        using ScalarModel reward = Reward();
        using var oracle = new PpoOracle(options, policy, reward);
        return Oracles[options] = oracle.Train(Prompts, EvaluationPrompts, Pretraining);
    }

    private static ModelConfig Config { get; } =
        ModelConfig.CreateLlama(TinyModels.Vocabulary, 8, 1, 2, 1, 16, 64, eosIds: [TinyModels.Eos], padId: TinyModels.Pad)
        with
        { InitializerRange = 0.4 };

    private static PpoOptions Loss(KlEstimator estimator) => Base with { KlPlacement = KlPlacement.Loss, KlEstimator = estimator };
}

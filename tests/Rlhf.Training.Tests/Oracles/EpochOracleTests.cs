using System.Reflection;
using Rlhf.Core.Options;
using Rlhf.Core.Randomness;
using Rlhf.Models;
using Rlhf.Models.Checkpoints;
using Rlhf.Training.Reward;
using Rlhf.Training.Sft;
using static TorchSharp.torch;

namespace Rlhf.Training.Tests.Oracles;

/// <summary>Whole runs of the reward model's and the language model's training against plain loops, in every option.</summary>
public sealed class EpochOracleTests
{
    private static readonly RewardOptions Reward = new()
    {
        BatchSize = 3,
        Epochs = 2,
        LearningRate = 1e-2,
        Epsilon = 1e-2,
        WarmupShare = 0.3,
        WeightDecay = 0,
        MaxGradientNorm = 0.5,
        MarginPerPlace = 0.2,
        MarginPerStrength = 0.3,
        Centering = 0.05,
        LogEvery = 2,
        EvaluateEvery = 3,
    };

    private static readonly SftOptions Sft = new()
    {
        BatchSize = 3,
        Epochs = 2,
        LearningRate = 1e-2,
        Epsilon = 1e-2,
        WarmupShare = 0.3,
        WeightDecay = 0,
        MaxGradientNorm = 0.5,
        SequenceLength = 10,
        HeldOutShare = 0.2,
        LogEvery = 2,
        EvaluateEvery = 3,
    };

    private static readonly IReadOnlyList<(string Name, RewardOptions With)> RewardVariants =
    [
        (nameof(Reward.Seed), Reward with { Seed = 3 }),
        (nameof(Reward.Epochs), Reward with { Epochs = 3 }),
        (nameof(Reward.MaxSteps), Reward with { MaxSteps = 5 }),
        (nameof(Reward.BatchSize), Reward with { BatchSize = 4 }),
        (nameof(Reward.MaxLength), Reward with { MaxLength = 8 }),
        (nameof(Reward.LearningRate), Reward with { LearningRate = 3e-3 }),
        (nameof(Reward.WarmupShare), Reward with { WarmupShare = 0 }),
        (nameof(Reward.WeightDecay), Reward with { WeightDecay = 0.5 }),
        (nameof(Reward.Beta1), Reward with { Beta1 = 0.5 }),
        (nameof(Reward.Beta2), Reward with { Beta2 = 0.7 }),
        (nameof(Reward.Epsilon), Reward with { Epsilon = 3e-2 }),
        (nameof(Reward.MaxGradientNorm), Reward with { MaxGradientNorm = 0 }),
        (nameof(Reward.Ties), Reward with { Ties = TieLoss.Nothing }),
        (nameof(Reward.MarginPerPlace), Reward with { MarginPerPlace = 0 }),
        (nameof(Reward.MarginPerStrength), Reward with { MarginPerStrength = 0 }),
        (nameof(Reward.Centering), Reward with { Centering = 0 }),
        (nameof(Reward.EvaluateEvery), Reward with { EvaluateEvery = 0 }),
        (nameof(Reward.LogEvery), Reward with { LogEvery = 1 }),
    ];

    private static readonly IReadOnlyList<(string Name, SftOptions With)> SftVariants =
    [
        (nameof(Sft.Seed), Sft with { Seed = 3 }),
        (nameof(Sft.Epochs), Sft with { Epochs = 3 }),
        (nameof(Sft.MaxSteps), Sft with { MaxSteps = 5 }),
        (nameof(Sft.BatchSize), Sft with { BatchSize = 4 }),
        (nameof(Sft.SequenceLength), Sft with { SequenceLength = 6 }),
        (nameof(Sft.Packing), Sft with { Packing = true }),
        (nameof(Sft.CompletionOnlyLoss), Sft with { CompletionOnlyLoss = false }),
        (nameof(Sft.LearningRate), Sft with { LearningRate = 3e-3 }),
        (nameof(Sft.WarmupShare), Sft with { WarmupShare = 0 }),
        (nameof(Sft.FinalLearningRateShare), Sft with { FinalLearningRateShare = 0.5 }),
        (nameof(Sft.WeightDecay), Sft with { WeightDecay = 0.5 }),
        (nameof(Sft.Beta1), Sft with { Beta1 = 0.5 }),
        (nameof(Sft.Beta2), Sft with { Beta2 = 0.7 }),
        (nameof(Sft.Epsilon), Sft with { Epsilon = 3e-2 }),
        (nameof(Sft.MaxGradientNorm), Sft with { MaxGradientNorm = 0 }),
        (nameof(Sft.HeldOutShare), Sft with { HeldOutShare = 0.4 }),
        (nameof(Sft.EvaluateEvery), Sft with { EvaluateEvery = 0 }),
        (nameof(Sft.LogEvery), Sft with { LogEvery = 1 }),
    ];

    /// <summary>Acts where models and data are loaded, or after the training: not in the trainer.</summary>
    private static readonly string[] OfTheStage =
    [
        nameof(Reward.Model), nameof(PpoOptions.RewardModel), nameof(Reward.Rankings), nameof(Reward.HeldOutShare),
            nameof(Reward.NormalizationSamples),
        nameof(Sft.Data), nameof(Sft.Documents),
        nameof(ComputeOptions.Device), nameof(ComputeOptions.Dtype), nameof(ComputeOptions.Threads),
        // Changes memory and the order of sums, and nothing else.
        nameof(IEpochOptions.MicroBatchSize),
    ];

    public static TheoryData<string> RewardNames => [.. RewardVariants.Select(v => v.Name)];

    public static TheoryData<string> SftNames => [.. SftVariants.Select(v => v.Name)];

    /// <summary>All prompts begin with its BOS.</summary>
    private static ModelConfig Config { get; } =
        ModelConfig.CreateLlama(TinyModels.Vocabulary, 8, 1, 2, 1, 16, 64, bosId: 2, eosIds: [TinyModels.Eos],
            padId: TinyModels.Pad)
        with
        { InitializerRange = 0.4 };

    /// <summary>Two to four completions, ties, unlike weights, strengths stated and not, and two equal completions.</summary>
    private static List<TokenizedRanking> Rankings { get; } =
    [
        .. PlantedOrder.Rankings(10).Select((r, n) => r with
        {
            Completions = [.. r.Completions.Take(2 + n % 3)],
            Ranks = [.. r.Ranks.Take(2 + n % 3)],
            Strength = n % 4 == 0 ? null : r.Strength,
            Weight = 1 + n % 3 * 0.5,
        }),
        new([2, 7], [[5, 6, 1], [5, 6, 1], [9, 8, 1]], [1, 2, 2], 1),
    ];

    private static List<TokenizedText> Texts { get; } =
        [.. PlantedOrder.Rankings(12).Select((r, n) => new TokenizedText(r.Prompt, [.. r.Completions[0].Take(2 + n % 4), TinyModels.Eos]))];

    [Theory, MemberData(nameof(RewardNames))]
    public void Reward_training_agrees_with_plain_loops_in_every_option(string name)
    {
        RewardOptions options = RewardVariants.Single(v => v.Name == name).With;
        EpochOutcome expected = RewardOracle(options);
        expected.AssertEqual(TrainReward(options));
        Assert.True(expected.Differs(RewardOracle(Reward)), $"{name} changes nothing in this scenario");
    }

    [Theory, InlineData(0), InlineData(1), InlineData(2)]
    public void Reward_training_agrees_with_plain_loops_however_batches_are_cut(int microBatchSize) =>
        RewardOracle(Reward).AssertEqual(TrainReward(Reward with { MicroBatchSize = microBatchSize }));

    [Theory, MemberData(nameof(SftNames))]
    public void Fine_tuning_agrees_with_plain_loops_in_every_option(string name)
    {
        SftOptions options = SftVariants.Single(v => v.Name == name).With;
        EpochOutcome expected = SftOracle(options);
        expected.AssertEqual(TrainSft(options));
        Assert.True(expected.Differs(SftOracle(Sft)), $"{name} changes nothing in this scenario");
    }

    [Theory, InlineData(0), InlineData(1), InlineData(2)]
    public void Fine_tuning_agrees_with_plain_loops_however_batches_are_cut(int microBatchSize) =>
        SftOracle(Sft).AssertEqual(TrainSft(Sft with { MicroBatchSize = microBatchSize }));

    [Fact]
    public void Every_option_is_compared()
    {
        void Check(Type options, IEnumerable<string> compared) =>
            Assert.Empty(options.GetProperties(BindingFlags.Public | BindingFlags.Instance)
            .Where(p => p.CanWrite).Select(p => p.Name).Except(compared).Except(OfTheStage));
        Check(typeof(RewardOptions), RewardVariants.Select(v => v.Name));
        Check(typeof(SftOptions), SftVariants.Select(v => v.Name));
    }

    private static EpochOutcome RewardOracle(RewardOptions options)
    {
        using ScalarModel model = RewardModel();
        return EpochOracle.TrainReward(options, model, Rankings, [.. Rankings[7..], .. PlantedOrder.Rankings(14)[11..]]);
    }

    private static EpochOutcome TrainReward(RewardOptions options)
    {
        using ScalarModel model = RewardModel();
        var recorder = new Recorder();
        RewardResult result = new RewardTrainer(options, recorder).Train(
            model, Rankings, [.. Rankings[7..], .. PlantedOrder.Rankings(14)[11..]]);
        return Outcome(recorder, model, result.Tokens);
    }

    private static EpochOutcome SftOracle(SftOptions options)
    {
        using CausalLm model = Policy();
        return EpochOracle.TrainSft(options, model, Texts);
    }

    private static EpochOutcome TrainSft(SftOptions options)
    {
        using CausalLm model = Policy();
        var recorder = new Recorder();
        return Outcome(recorder, model, new SftTrainer(options, recorder).Train(model, Texts).Tokens);
    }

    private static EpochOutcome Outcome(Recorder recorder, nn.Module model, long tokens) => new(
        // Step 0 counts the pairs: RewardTrainerTests.
        [.. recorder.Reports.Where(r => r.Step > 0).Select(r => (r.Step, r.Values.Where(v => v.Key != "tokens/s").ToDictionary()))],
        OracleModels.WeightsOf(model), tokens);

    private static CausalLm Policy() => CausalLm.Create(Config, new RandomStream(4, "init"), CPU, ScalarType.Float32);

    private static ScalarModel RewardModel()
    {
        using CausalLm trunk = Policy();
        return ScalarModel.FromCausalLm(trunk, new RandomStream(5, "head"));
    }
}

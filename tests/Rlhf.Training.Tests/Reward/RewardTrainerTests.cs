using Rlhf.Core;
using Rlhf.Core.Options;
using Rlhf.Models;
using Rlhf.Training.Reward;

namespace Rlhf.Training.Tests.Reward;

public sealed class RewardTrainerTests
{
    private static readonly RewardOptions Options = new()
    {
        BatchSize = 8,
        LearningRate = 3e-3,
        Epochs = 20,
        MaxSteps = 60,
        HeldOutShare = 0.2,
        LogEvery = 1,
    };

    [Fact]
    public void Learns_a_planted_order_on_prompts_it_has_not_seen()
    {
        using ScalarModel model = PlantedOrder.Model();
        var recorder = new Recorder();
        RewardResult result = new RewardTrainer(Options, recorder).Train(model, PlantedOrder.Rankings(80));
        RewardEvaluation held = result.Evaluation!;
        Assert.Equal(16, held.Rankings);
        Assert.True(held.Accuracy > 0.85, $"accuracy {held.Accuracy}");
        Assert.True(held.MeanMargin > 0.5 && held.Loss < 0.6, $"margin {held.MeanMargin}, loss {held.Loss}");
        Assert.Equal([1, 2, 3], held.AccuracyByStrength.Keys);
        Assert.All(["evaluation/accuracy", "evaluation/margin", "evaluation/calibration_error", "evaluation/length_difference", "evaluation/loss", "evaluation/accuracy/strength_1"],
            name => Assert.Single(recorder.Series(name)));
    }

    [Fact]
    public void Same_seed_gives_the_same_bytes()
    {
        byte[] Train(ulong seed)
        {
            using ScalarModel model = PlantedOrder.Model();
            new RewardTrainer(Options with { MaxSteps = 4, Seed = seed }, new NoObserver()).Train(model, PlantedOrder.Rankings(40));
            return TinyModels.Bytes(model);
        }
        byte[] first = Train(1);
        Assert.Equal(first, Train(1));
        Assert.NotEqual(first, Train(2));
    }

    [Fact]
    public void Micro_batches_give_the_step_of_the_whole_batch()
    {
        double[] Train(int micro)
        {
            using ScalarModel model = PlantedOrder.Model();
            var recorder = new Recorder();
            new RewardTrainer(Options with { MaxSteps = 3, MicroBatchSize = micro, Centering = 0.01, MarginPerPlace = 0.1 }, recorder).Train(model, PlantedOrder.Rankings(20));
            return [.. recorder.Series("loss/train"), .. recorder.Series("gradient_norm")];
        }
        Assert.All(Train(0).Zip(Train(3)), pair => Assert.Equal(pair.First, pair.Second, 1e-4));
    }

    [Fact]
    public void Live_tensors_stay_flat_over_50_steps()
    {
        using ScalarModel model = PlantedOrder.Model();
        var recorder = new Recorder();
        new RewardTrainer(Options with { EvaluateEvery = 9 }, recorder).Train(model, PlantedOrder.Rankings(40));
        Assert.True(recorder.Live.Count > 55);
        Assert.Single(recorder.Live.Skip(2).Distinct());
    }

    [Fact]
    public void A_prompt_is_on_one_side_only()
    {
        List<TokenizedRanking> rankings = [.. PlantedOrder.Rankings(30), .. PlantedOrder.Rankings(30)];
        var (training, heldOut) = Batches.Split(rankings, (r, _) => string.Join(',', r.Prompt), 0.3, 1);
        Assert.Empty(training.Select(r => string.Join(',', r.Prompt)).Intersect(heldOut.Select(r => string.Join(',', r.Prompt))));
        Assert.Equal(60, training.Count + heldOut.Count);
        Assert.Equal(18, heldOut.Count);
    }

    [Fact]
    public void Normalized_scores_have_mean_0_and_variance_1()
    {
        using ScalarModel model = PlantedOrder.Model();
        int[][] rows = [.. PlantedOrder.Rankings(20).SelectMany(r => r.Completions.Select(c => (int[])[.. r.Prompt, .. c]))];
        var (gain, bias) = RewardScoring.Normalization(RewardScoring.Raw(model, rows));
        model.Config = model.Config with { RewardGain = gain, RewardBias = bias };
        double[] scores = RewardScoring.Normalized(model, rows, 7);
        Assert.Equal(0, scores.Average(), 1e-6);
        Assert.Equal(1, scores.Average(s => s * s), 1e-6);
        Assert.Equal((1, -3), RewardScoring.Normalization([3, 3]));
    }

    [Fact]
    public void Rankings_that_compare_nothing_are_refused()
    {
        using ScalarModel model = PlantedOrder.Model();
        Assert.Contains("compares two", Assert.Throws<UserError>(() => new RewardTrainer(Options, new NoObserver()).Train(model, [new TokenizedRanking([2], [[3, 1]], [1])])).Message);
    }
}

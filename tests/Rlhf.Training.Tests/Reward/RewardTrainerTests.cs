using Rlhf.Core;
using Rlhf.Core.Options;
using Rlhf.Models;
using Rlhf.Training.Reward;
using static TorchSharp.torch;

namespace Rlhf.Training.Tests.Reward;

public sealed class RewardTrainerTests
{
    private static readonly RewardOptions Options = new()
    {
        BatchSize = 8,
        LearningRate = 3e-3,
        Epochs = 20,
        MaxSteps = 60,
        LogEvery = 1,
    };

    [Fact]
    public void Learns_a_planted_order_on_prompts_it_has_not_seen()
    {
        using ScalarModel model = PlantedOrder.Model();
        var recorder = new Recorder();
        RewardResult result = new RewardTrainer(Options, recorder).Train(
            model, PlantedOrder.Rankings(80)[..64], PlantedOrder.Rankings(80)[64..]);
        RewardEvaluation held = result.Evaluation!;
        Assert.Equal(16, held.Rankings);
        Assert.True(held.Accuracy > 0.85, $"accuracy {held.Accuracy}");
        Assert.True(held.MeanMargin > 0.5 && held.Loss < 0.6, $"margin {held.MeanMargin}, loss {held.Loss}");
        Assert.Equal([1, 2, 3], held.AccuracyByStrength.Keys);
        Assert.All(["evaluation/accuracy", "evaluation/margin", "evaluation/calibration_error", "evaluation/length_difference",
            "evaluation/loss", "evaluation/accuracy/strength_1"],
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
            new RewardTrainer(Options with { MaxSteps = 3, MicroBatchSize = micro, Centering = 0.01, MarginPerPlace = 0.1 },
                recorder).Train(
                model, PlantedOrder.Rankings(20));
            return [.. recorder.Series("loss/train"), .. recorder.Series("gradient_norm")];
        }
        Assert.All(Train(0).Zip(Train(3)), pair => Assert.Equal(pair.First, pair.Second, 1e-4));
    }

    /// <summary>Gradients of micro-batches add up in fp32, and are what is clipped and reported.</summary>
    [Fact]
    public void Bf16_gradients_of_micro_batches_add_up_to_the_batchs()
    {
        double Norm(int micro)
        {
            using CausalLm trunk = TinyModels.Policy(dtype: ScalarType.BFloat16);
            using ScalarModel model = TinyModels.Reward(trunk);
            var recorder = new Recorder();
            new RewardTrainer(Options with { MaxSteps = 1, MicroBatchSize = micro }, recorder).Train(model, PlantedOrder.Rankings(20));
            return Assert.Single(recorder.Series("gradient_norm"));
        }
        double whole = Norm(0);
        Assert.True(whole > 0.01, $"norm {whole}");
        Assert.Equal(whole, Norm(3), 0.02 * whole);
    }

    /// <summary>The longest rows of the planted order have 12 tokens. Without a length they are cut at the last position.</summary>
    [Theory]
    [InlineData("gpt2")]
    [InlineData("llama")]
    public void Rows_are_at_most_as_long_as_the_positions(string family)
    {
        using CausalLm trunk = TinyModels.OfFamily(family, positions: 9);
        using ScalarModel model = TinyModels.Reward(trunk);
        long Tokens(int length) =>
            new RewardTrainer(Options with { MaxLength = length, MaxSteps = 1, BatchSize = 4 }, new NoObserver()).Train(
                model, PlantedOrder.Rankings(4)).Tokens;
        Assert.Equal(PlantedOrder.Rankings(4).Sum(r => r.Completions.Sum(c => Math.Min(9, r.Prompt.Length + c.Length))), Tokens(9));
        Assert.Equal(Tokens(9), Tokens(0));
        Assert.True(Tokens(8) < Tokens(9));
        Assert.Contains("maxLength: 10 tokens are more than the 9 positions", Assert.Throws<UserError>(() => Tokens(10)).Message);
    }

    /// <summary>A model's score is that of the row that it was trained on: cut behind the BOS.</summary>
    [Fact]
    public void Rows_are_cut_in_the_evaluation_as_in_the_training()
    {
        using ScalarModel model = PlantedOrder.Model();
        model.Config = model.Config with { BosId = 2 };
        RewardOptions options = Options with { MaxLength = 8, MaxSteps = 1 };
        List<TokenizedRanking> rankings = PlantedOrder.Rankings(12);
        RewardResult result = new RewardTrainer(options, new NoObserver()).Train(model, rankings[..6], rankings[6..]);
        RewardEvaluation again = new RewardTrainer(options, new NoObserver()).Evaluate(model, rankings[6..]);
        Assert.Equal(result.Evaluation!.Pairs, again.Pairs);
        model.Config = model.Config with { BosId = null };
        Assert.NotEqual(again.Pairs, new RewardTrainer(options, new NoObserver()).Evaluate(model, rankings[6..]).Pairs);
    }

    [Fact]
    public void Live_tensors_stay_flat_over_50_steps()
    {
        using ScalarModel model = PlantedOrder.Model();
        var recorder = new Recorder();
        new RewardTrainer(Options with { EvaluateEvery = 9 }, recorder).Train(
            model, PlantedOrder.Rankings(40)[..32], PlantedOrder.Rankings(40)[32..]);
        Assert.True(recorder.Live.Count > 55);
        // The last report comes when the optimizer's tensors are gone.
        Assert.Single(recorder.Live.Skip(2).SkipLast(1).Distinct());
    }

    /// <summary>Five pairs' worth of fates: ordered, tied, cut to one text, equal from the start.</summary>
    [Fact]
    public void Pairs_that_the_model_reads_as_one_text_are_counted_and_left_out()
    {
        int[] longA = [6, 6, 6, 6, 7, 1], longB = [6, 6, 6, 6, 8, 1], other = [9, 1], third = [10, 1];
        TokenizedRanking[] rankings =
        [
            new([2], [longA, longB], [1, 2]),
            new([2], [longA, longB, other], [1, 2, 3]),
            new([2], [other, [9, 1], third], [1, 2, 2]),
            new([2], [other, third], [1, 1]),
        ];
        using ScalarModel model = PlantedOrder.Model();
        var recorder = new Recorder();
        RewardResult result = new RewardTrainer(
            Options with { MaxLength = 5, MaxSteps = 1, BatchSize = 4, LearningRate = 0 }, recorder).Train(model, rankings, rankings);
        Assert.Equal(new PairCounts(Ordered: 3, Ties: 2, Equal: 1, EqualAfterCut: 2), result.TrainingPairs);
        Assert.Equal(result.TrainingPairs, result.HeldOutPairs);
        Assert.Equal([2], recorder.Series("pairs/equal_after_cut"));
        Assert.Equal([1], recorder.Series("pairs/equal"));
        // The first ranking compares nothing any more: its loss would be log 2 whatever the model says.
        Assert.Equal(3, result.Evaluation!.Rankings);
        Assert.Equal([(1, 0, 2), (1, 1, 2), (2, 0, 2)], result.Evaluation.Pairs.Select(p => (p.Ranking, p.Better, p.Worse)).Order());
        // Lengths are those that are read: four of five positions are left to a completion behind a prompt of one.
        Assert.Equal([2, 2, 0], result.Evaluation.Pairs.Select(p => p.LengthDifference));
        Assert.Contains("differ within 5 tokens", Assert.Throws<UserError>(() =>
            new RewardTrainer(Options with { MaxLength = 5 }, new NoObserver()).Train(model, rankings[..1])).Message);
    }

    /// <summary>Weights 3 and 1 of opposite judgments: the loss is (3·L + L')/4 by hand, whatever the micro-batch.</summary>
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public void A_ranking_counts_by_its_weight(int micro)
    {
        using ScalarModel model = PlantedOrder.Model();
        int[] a = [5, 5, 1], b = [6, 7, 1];
        double[] scores = RewardScoring.Raw(model, [[2, .. a], [2, .. b]]);
        double margin = scores[0] - scores[1];
        double expected = (3 * Math.Log(1 + Math.Exp(-margin)) + Math.Log(1 + Math.Exp(margin))) / 4;
        var recorder = new Recorder();
        TokenizedRanking[] rankings = [new([2], [a, b], [1, 2], Weight: 3), new([2], [a, b], [2, 1], Weight: 1)];
        RewardResult result = new RewardTrainer(
            Options with { MaxSteps = 1, BatchSize = 2, MicroBatchSize = micro, LearningRate = 0 },
            recorder).Train(model, rankings, rankings);
        Assert.Equal(expected, recorder.Series("loss/train")[0], 1e-6);
        Assert.Equal(expected, result.Evaluation!.Loss, 1e-6);
    }

    /// <summary>What is measured on held-out rankings does not enter the training.</summary>
    [Fact]
    public void Held_out_rankings_do_not_change_what_is_learned()
    {
        byte[] Train(List<TokenizedRanking>? heldOut)
        {
            using ScalarModel model = PlantedOrder.Model();
            new RewardTrainer(Options with { MaxSteps = 4, EvaluateEvery = 2 }, new NoObserver()).Train(
                model, PlantedOrder.Rankings(40)[..30], heldOut);
            return TinyModels.Bytes(model);
        }
        Assert.Equal(Train(null), Train(PlantedOrder.Rankings(40)[30..]));
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
        Assert.Contains("compares two",
            Assert.Throws<UserError>(
                () => new RewardTrainer(Options, new NoObserver()).Train(model, [new TokenizedRanking([2], [[3, 1]], [1])])).Message);
    }
}

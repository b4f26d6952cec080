using Rlhf.Core;
using Rlhf.Core.Options;
using Rlhf.Testing;
using Rlhf.Training.Sft;
using static TorchSharp.torch;

namespace Rlhf.Training.Tests.Sft;

public sealed class SftTrainerTests
{
    private static readonly PretrainOptions Options = new()
    {
        BatchSize = 4,
        SequenceLength = 12,
        LearningRate = 1e-2,
        MaxSteps = 60,
        Epochs = 100,
        HeldOutShare = 0.1,
        LogEvery = 1,
        WarmupShare = 0.1,
    };

    /// <summary>Counting texts: after n comes n + 1, from a start that is drawn.</summary>
    private static TokenizedText[] Counting(int count) =>
        [.. Enumerable.Range(0, count).Select(i => TokenizedText.Document([.. Enumerable.Range(2 + i * 5 % 7, 6), TinyModels.Eos]))];

    [Fact]
    public void Learns_to_count()
    {
        using var model = TinyModels.Policy();
        var recorder = new Recorder();
        SftResult result = new SftTrainer(Options with { Packing = false }, recorder).Train(model, Counting(70));
        Assert.Equal(60, result.Steps);
        double[] losses = recorder.Series("loss/train");
        Assert.True(losses[0] > 2, $"first loss {losses[0]}: an untrained model should be near log 16 = 2.77");
        // From 2.77 on: the first token gives the others away.
        Assert.True(result.EvaluationLoss < 1, $"evaluation loss {result.EvaluationLoss}");
        Assert.Equal(0, recorder.Series("lr")[0]);
    }

    [Fact]
    public void Same_seed_gives_the_same_bytes_and_another_seed_others()
    {
        byte[] Train(ulong seed)
        {
            using var model = TinyModels.Policy();
            new SftTrainer(Options with { MaxSteps = 5, Seed = seed }, new NoObserver()).Train(model, Counting(40));
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
            using var model = TinyModels.Policy();
            // Rows of unlike length: a mean of means would differ.
            TokenizedText[] rows = [.. Enumerable.Range(2, 8).Select(i => TokenizedText.Document([.. Enumerable.Range(2, i)]))];
            var recorder = new Recorder();
            new SftTrainer(
                new SftOptions
                {
                    BatchSize = 8,
                    MicroBatchSize = micro,
                    MaxSteps = 3,
                    Epochs = 9,
                    HeldOutShare = 0,
                    LogEvery = 1,
                    LearningRate = 1e-3,
                    SequenceLength = 16,
                    CompletionOnlyLoss = false
                }, recorder).Train(model, rows);
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
            using var model = TinyModels.Policy(dtype: ScalarType.BFloat16);
            var recorder = new Recorder();
            new SftTrainer(Options with { BatchSize = 8, MicroBatchSize = micro, MaxSteps = 1, HeldOutShare = 0 }, recorder).Train(
                model, Counting(40));
            return Assert.Single(recorder.Series("gradient_norm"));
        }
        double whole = Norm(0);
        Assert.True(whole > 0.01, $"norm {whole}");
        Assert.Equal(whole, Norm(3), 0.02 * whole);
    }

    [Theory]
    [InlineData("gpt2")]
    [InlineData("llama")]
    public void Sequences_are_at_most_as_long_as_the_positions(string family)
    {
        using var model = TinyModels.OfFamily(family, positions: 10);
        SftResult Train(int length) =>
            new SftTrainer(Options with { SequenceLength = length, MaxSteps = 2 }, new NoObserver()).Train(model, Counting(40));
        Assert.Equal(2, Train(10).Steps);
        Assert.Contains("sequenceLength: 11 tokens are more than the 10 positions",
            Assert.Throws<UserError>(() => Train(11)).Message);
    }

    /// <summary>All logits are 1,024 · 128,000 numbers: 524 MB in fp32, and as much again after the softmax.</summary>
    [Fact]
    public void Evaluation_makes_a_bounded_number_of_logits_at_a_time()
    {
        using var model = TinyModels.Policy(vocabulary: 128_000);
        Sequence[] rows = [.. Enumerable.Range(0, 16).Select(n =>
            new Sequence([.. Enumerable.Range(0, 64).Select(i => 7_000 * n + i)], [.. Enumerable.Range(0, 64).Select(i => i > 0)]))];
        var trainer = new SftTrainer(Options with { BatchSize = 16 }, new NoObserver());
        Assert.InRange(PeakMemory.Growth(() => trainer.Evaluate(model, rows)), 0, 300_000_000);
    }

    [Fact]
    public void Live_tensors_stay_flat_over_50_steps()
    {
        using var model = TinyModels.Policy();
        var recorder = new Recorder();
        new SftTrainer(Options with { EvaluateEvery = 7 }, recorder).Train(model, Counting(70));
        Assert.True(recorder.Live.Count > 55);
        // The last report comes when the optimizer's tensors are gone.
        Assert.Single(recorder.Live.Skip(2).SkipLast(1).Distinct());
    }

    [Fact]
    public void Loss_is_that_of_the_logits_at_the_place_before()
    {
        using var scope = NewDisposeScope();
        using var model = TinyModels.Policy();
        Sequence[] rows = [new([2, 3, 4, 5], [false, false, true, true]), new([6, 7], [false, true])];
        double expected = 0;
        foreach (Sequence row in rows)
        {
            Tensor logits = model.Logits(tensor(row.Ids.Select(i => (long)i).ToArray()).unsqueeze(0), null).log_softmax(-1);
            for (int i = 1; i < row.Ids.Length; i++)
                expected -= row.IsTarget[i] ? logits[0, i - 1, row.Ids[i]].item<float>() : 0;
        }
        Assert.Equal(expected, SftTrainer.LossSum(model, rows).item<float>(), 1e-4);
    }

    [Fact]
    public void Nothing_to_predict_is_said()
    {
        using var model = TinyModels.Policy();
        Assert.Contains("contain no token to predict",
            Assert.Throws<UserError>(() => new SftTrainer(Options, new NoObserver()).Train(model, [TokenizedText.Document([3])])).Message);
    }

    /// <summary>A failed training, not bad input; the learning rate is named where something had been learned.</summary>
    [Fact]
    public void Divergence_is_told_apart_from_bad_input()
    {
        using var model = TinyModels.Policy();
        Assert.Contains("smaller learningRate", Assert.Throws<TrainingDivergedException>(
            () => new SftTrainer(Options with { LearningRate = 1e37, WarmupShare = 0 }, new NoObserver()).Train(
                model, Counting(40))).Message);
        // The same model again: its weights are not finite now, and no learning rate is to blame.
        Assert.DoesNotContain("smaller",
            Assert.Throws<TrainingDivergedException>(() => new SftTrainer(Options, new NoObserver()).Train(model, Counting(40))).Message);
    }
}

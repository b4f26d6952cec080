using Rlhf.Core.Options;
using Rlhf.Core.Randomness;
using Rlhf.Models;
using Rlhf.Training.Sft;
using static TorchSharp.torch;

namespace Rlhf.Training.Tests;

public sealed class EpochLoopTests
{
    private const int StepSeconds = 2, EvaluationSeconds = 100;

    /// <summary>Rows of 3, 4 … 8 tokens, in two epochs of two batches; an evaluation after each step but the last.</summary>
    [Fact]
    public void Tokens_per_second_leave_out_padding_and_evaluations()
    {
        using CausalLm model = TinyModels.Policy();
        var time = new ManualTime();
        int evaluations = 0;
        Sequence[] rows = [.. Enumerable.Range(3, 6).Select(n =>
            new Sequence([.. Enumerable.Repeat(5, n)], [.. Enumerable.Range(0, n).Select(i => i > 0)]))];
        List<long> tokens = [];
        Tensor Loss(int[] part, int[] batch)
        {
            time.Now += TimeSpan.FromSeconds(StepSeconds);
            tokens.Add((tokens.Count > 0 ? tokens[^1] : 0) + batch.Sum(i => rows[i].Ids.Length));
            return SftTrainer.LossSum(model, [.. part.Select(i => rows[i])]);
        }
        Dictionary<string, double> Evaluate()
        {
            time.Now += TimeSpan.FromSeconds(EvaluationSeconds);
            evaluations++;
            return [];
        }
        var options = new SftOptions { BatchSize = 3, Epochs = 2, LogEvery = 1, EvaluateEvery = 1 };
        var recorder = new Recorder();
        LoopResult result = EpochLoop.Run(model, options, new RandomStream(1, "test"),
            new LoopParts(_ => [.. rows.Select(r => new RowSize(r.Ids.Length, r.Ids.Length))], Loss, Report: null, Evaluate), recorder,
            TestContext.Current.CancellationToken, time);
        Assert.Equal((4, 3), (result.Steps, evaluations));
        Assert.Equal(2 * (3 + 4 + 5 + 6 + 7 + 8), result.Tokens);
        Assert.Equal(result.Tokens, tokens[^1]);
        double[] expected = [.. tokens.Select((t, step) => t / (double)((step + 1) * StepSeconds))];
        Assert.Equal(expected, recorder.Series("tokens/s"));
        Assert.Equal(expected, recorder.Steps.Select(s => s.TokensPerSecond));
        Assert.All(recorder.Steps, s => Assert.Equal("tokens", s.Counted));
        Assert.Equal(expected[^1], result.TokensPerSecond);
    }

    /// <summary>A clock that is moved by hand.</summary>
    private sealed class ManualTime : TimeProvider
    {
        public TimeSpan Now { get; set; } = TimeSpan.FromSeconds(5);

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => Now.Ticks;
    }
}

using System.Diagnostics;
using Rlhf.Core.Options;
using Rlhf.Core.Randomness;
using Rlhf.Models;
using Rlhf.Training;
using Rlhf.Training.Sft;
using static TorchSharp.torch;

namespace Rlhf.Benchmarks;

/// <summary>
/// Tokens a second of the trainer against a bare TorchSharp loop on the same model and batches: forward, cross entropy over all
/// logits, backward, clip_grad_norm_, torch.optim.AdamW. The two alternate, so that whatever else the machine does meets both.
/// </summary>
internal static class TrainingThroughput
{
    private const int Batch = 16, Time = 128, Steps = 15, Rounds = 6;

    public static void Run()
    {
        using CausalLm bare = BenchmarkModel.Create(), trained = BenchmarkModel.Create();
        Console.WriteLine($"training throughput: {BenchmarkModel.Describe(bare)}, batch {Batch} × {Time}");
        var stream = new RandomStream(2, "benchmark");
        TokenizedText[] rows = [.. Enumerable.Range(0, Batch * Steps).Select(r =>
            TokenizedText.Document([.. Enumerable.Range(0, Time)
                .Select(i => 2 + stream.Below(BenchmarkModel.Vocabulary - 2, (uint)r, (uint)i))]))];
        var options = new PretrainOptions
        {
            BatchSize = Batch,
            SequenceLength = Time,
            HeldOutShare = 0,
            Epochs = 1,
            LogEvery = 5,
            Packing = true
        };
        List<double> bareSpeeds = [], trainerSpeeds = [];
        // The first round warms up.
        for (int round = 0; round <= Rounds; round++)
        {
            double b = Measure(() => Bare(bare, rows)), t = Measure(() => new SftTrainer(options, new NoObserver()).Train(trained, rows));
            if (round == 0)
                continue;
            bareSpeeds.Add(b);
            trainerSpeeds.Add(t);
            Console.WriteLine($"  round {round}: bare {b:F0} tokens/s, trainer {t:F0} tokens/s, ratio {t / b:F3}");
        }
        Console.WriteLine($"median: bare {Median(bareSpeeds):F0} tokens/s, trainer {Median(trainerSpeeds):F0} tokens/s, "
            + $"ratio {Median(trainerSpeeds) / Median(bareSpeeds):F3} (bar: 0.9)");
    }

    private static void Bare(CausalLm model, TokenizedText[] rows)
    {
        using var optimizer = optim.AdamW(model.parameters(), 1e-3, weight_decay: 0.1);
        foreach (TokenizedText[] batch in rows.Chunk(Batch))
        {
            using var scope = NewDisposeScope();
            Tensor ids = tensor(batch.SelectMany(r => r.Completion).Select(i => (long)i).ToArray(), [batch.Length, Time]);
            optimizer.zero_grad();
            Tensor logits = model.Logits(ids, null);
            Tensor loss = nn.functional.cross_entropy(logits.slice(1, 0, Time - 1, 1).flatten(0, 1), ids.slice(1, 1, Time, 1).flatten());
            loss.backward();
            nn.utils.clip_grad_norm_(model.parameters(), 1);
            optimizer.step();
        }
    }

    private static double Measure(Action pass)
    {
        var clock = Stopwatch.StartNew();
        pass();
        return Batch * Steps * Time / clock.Elapsed.TotalSeconds;
    }

    private static double Median(List<double> values) => values.Order().ElementAt(values.Count / 2);
}

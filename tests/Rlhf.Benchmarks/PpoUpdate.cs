using Rlhf.Core.Options;
using Rlhf.Core.Randomness;
using Rlhf.Models;
using Rlhf.Training;
using Rlhf.Training.Ppo;

namespace Rlhf.Benchmarks;

/// <summary>
/// Seconds of a PPO update: 64 prompts of 16 tokens, completions of 48, 4 epochs of 4 minibatches. (TRL 1.10 with PyTorch 2.13 takes
/// 4.4 s for it with 0.86 M parameters on two cores.)
/// </summary>
internal static class PpoUpdate
{
    public static void Run()
    {
        using CausalLm policy = BenchmarkModel.Create();
        using ScalarModel reward = ScalarModel.FromCausalLm(policy, new RandomStream(1, "head"));
        Console.WriteLine($"PPO update: {BenchmarkModel.Describe(policy)}, 64 × (16 + 48), 4 epochs × 4 minibatches");
        var stream = new RandomStream(2, "benchmark");
        int[][] prompts = [.. Enumerable.Range(0, 256)
            .Select(p => (int[])[.. Enumerable.Range(0, 16)
                .Select(i => 2 + stream.Below(BenchmarkModel.Vocabulary - 2, (uint)p, (uint)i))])];
        var options = new PpoOptions
        {
            Updates = 6,
            BatchSize = 64,
            MaxNewTokens = 48,
            Epochs = 4,
            Minibatches = 4,
            LearningRate = 1e-5,
            EvaluateEvery = 0
        };
        new PpoTrainer(options, new Printer()).Train(policy, reward, prompts);
        Console.WriteLine($"peak memory of the process: {System.Diagnostics.Process.GetCurrentProcess().PeakWorkingSet64 / 1e9:F2} GB");
    }

    private sealed class Printer : ITrainingObserver
    {
        public void Metrics(int step, IReadOnlyDictionary<string, double> values)
        {
            string[] phases = ["sample", "score", "experience", "optimize"];
            Console.WriteLine($"  update {step}: {values["seconds/update"]:F2} s "
                + $"({string.Join(", ", phases.Select(p => $"{p} {values["seconds/" + p]:F2}"))}), "
                + $"{values["completion_tokens"]:F1} tokens per completion");
        }

        public void Progress(TrainingProgress progress) { }

        public void Samples(int step, IReadOnlyList<TextSample> samples) { }
    }
}

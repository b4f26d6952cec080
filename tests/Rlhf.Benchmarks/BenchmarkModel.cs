using System.Diagnostics;
using Rlhf.Core.Randomness;
using Rlhf.Models;
using Rlhf.Models.Checkpoints;
using static TorchSharp.torch;

namespace Rlhf.Benchmarks;

/// <summary>The model that is measured, of the bundled policy's size, and the machine's matmul rate to set figures against.</summary>
internal static class BenchmarkModel
{
    public const int Vocabulary = 1024;

    /// <summary>Llama, 128 wide, 5 layers: 1.1 M parameters.</summary>
    public static CausalLm Create() => CausalLm.Create(
        ModelConfig.CreateLlama(Vocabulary, 128, 5, 4, 4, 344, 256, eosIds: [1], padId: 0), new RandomStream(1, "init"), CPU,
        ScalarType.Float32);

    /// <summary>GFLOP/s of a product of two 1024 × 1024 matrices.</summary>
    public static double MatmulRate()
    {
        using var scope = NewDisposeScope();
        Tensor a = rand(1024, 1024), b = rand(1024, 1024);
        a.matmul(b);
        var clock = Stopwatch.StartNew();
        for (int i = 0; i < 10; i++)
            a.matmul(b).Dispose();
        return 10 * 2.0 * 1024 * 1024 * 1024 / clock.Elapsed.TotalSeconds / 1e9;
    }

    public static string Describe(CausalLm model) =>
        $"{Weights.CountParameters(model) / 1e6:F2} M parameters, {get_num_threads()} threads, matmul {MatmulRate():F0} GFLOP/s";
}

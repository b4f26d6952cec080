using Rlhf.Core.Randomness;
using Rlhf.Models;
using Rlhf.Models.Checkpoints;
using TorchSharp;
using static TorchSharp.torch;

namespace Rlhf.Training.Tests;

/// <summary>Models small enough to train within a test, and what is compared of them.</summary>
internal static class TinyModels
{
    public const int Vocabulary = 16, Pad = 0, Eos = 1;

    /// <summary>A model of GPT-2's family, whose positions are learned and end.</summary>
    public static CausalLm Gpt2(int positions)
    {
        using var folder = new Rlhf.Testing.TemporaryFolder();
        File.WriteAllText(folder["config.json"],
            $$"""{"model_type": "gpt2", "vocab_size": {{Vocabulary}}, "n_embd": 16, "n_layer": 1, "n_head": 2, "n_positions": {{positions}}, "eos_token_id": {{Eos}}}""");
        return CausalLm.Create(ModelConfig.Load(folder.Path), new RandomStream(1, "init"), CPU, ScalarType.Float32);
    }

    public static CausalLm Policy(
        ulong seed = 1, int hidden = 16, int layers = 2, Device? device = null, ScalarType dtype = ScalarType.Float32, int positions = 64,
        int vocabulary = Vocabulary) => CausalLm.Create(
        ModelConfig.CreateLlama(vocabulary, hidden, layers, 2, 1, 2 * hidden, positions, eosIds: [Eos], padId: Pad),
        new RandomStream(seed, "init"), device ?? CPU, dtype);

    /// <summary>A model of a family, "gpt2" or "llama", that ends at a position.</summary>
    public static CausalLm OfFamily(string family, int positions) => family == "gpt2" ? Gpt2(positions) : Policy(positions: positions);

    /// <summary>A reward model on a policy's trunk that knows nothing yet.</summary>
    public static ScalarModel Reward(CausalLm trunk) => ScalarModel.FromCausalLm(trunk, new RandomStream(1, "reward head"));

    /// <summary>All weights, byte for byte.</summary>
    public static byte[] Bytes(nn.Module model) =>
        [.. model.state_dict().OrderBy(p => p.Key, StringComparer.Ordinal)
            .SelectMany(p => p.Value.detach().cpu().contiguous().bytes.ToArray())];

    /// <summary>Tensors alive on this thread.</summary>
    public static long Live => DisposeScopeManager.Statistics.ThreadTotalLiveCount;
}

/// <summary>Keeps what a trainer reports, and how many tensors lived at each report.</summary>
internal sealed class Recorder : ITrainingObserver
{
    public List<(int Step, IReadOnlyDictionary<string, double> Values)> Reports { get; } = [];

    public List<long> Live { get; } = [];

    public List<(int Step, IReadOnlyList<TextSample> Samples)> Shown { get; } = [];

    public List<TrainingProgress> Steps { get; } = [];

    /// <summary>Called with the step of each report.</summary>
    public Action<int>? AtStep { get; init; }

    public double[] Series(string name) => [.. Reports.Where(r => r.Values.ContainsKey(name)).Select(r => r.Values[name])];

    public void Metrics(int step, IReadOnlyDictionary<string, double> values)
    {
        Reports.Add((step, values));
        Live.Add(TinyModels.Live);
        AtStep?.Invoke(step);
    }

    public void Progress(TrainingProgress progress) => Steps.Add(progress);

    public void Samples(int step, IReadOnlyList<TextSample> samples) => Shown.Add((step, samples));
}

using Rlhf.Core.Randomness;
using Rlhf.Models.Checkpoints;
using Rlhf.Models.Native;
using static TorchSharp.torch;

namespace Rlhf.Models.Tests;

/// <summary>
/// Small models of our own, for tests that need no reference data. Their weights are large enough that the distributions are not flat.
/// </summary>
internal static class SmallModels
{
    public static ModelConfig Llama(bool tied = true, int vocabulary = 50) =>
        ModelConfig.CreateLlama(vocabulary, hiddenSize: 16, layers: 2, heads: 4, kvHeads: 2, intermediateSize: 24, maxPositions: 64,
            tieWordEmbeddings: tied, bosId: 1, eosIds: [2], padId: 0) with
        { InitializerRange = 0.3 };

    public static ModelConfig Gpt2(int positions = 24)
    {
        using var folder = new Testing.TemporaryFolder();
        File.WriteAllText(folder["config.json"], $$"""
            {"model_type": "gpt2", "architectures": ["GPT2LMHeadModel"], "vocab_size": 40, "n_embd": 12, "n_layer": 2, "n_head": 3, "n_positions": {{positions}},
             "eos_token_id": 39, "bos_token_id": 39, "initializer_range": 0.3}
            """);
        return ModelConfig.Load(folder.Path);
    }

    public static CausalLm Create(ModelConfig config, ulong seed = 1)
    {
        Libtorch.EnsureLoaded();
        return CausalLm.Create(config, new RandomStream(seed, "init"), CPU, ScalarType.Float32);
    }
}

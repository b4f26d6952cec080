using Rlhf.Core.Randomness;
using Rlhf.Models;
using Rlhf.Models.Checkpoints;
using Rlhf.Models.Native;
using Rlhf.Models.Tokenization;
using Rlhf.Simulation.Reviews;
using Rlhf.Testing;
using static TorchSharp.torch;

namespace Rlhf.Cli.Tests.Pipelines;

/// <summary>A random policy of some thousand parameters, and the whole loop on it in some seconds.</summary>
public sealed class TinyLoop : IDisposable
{
    /// <summary>The tests that share it run one after another: each starts several processes.</summary>
    public const string Tests = "processes of a pipeline";

    private const string Yaml = """
        name: tiny
        seed: 3
        threads: 1
        parameters:
          model:
            help: any policy
        stages:
          - candidates: { model: "${model}", prompts: { source: grammar, count: 60 }, trainPrompts: 10, heldOutPrompts: 4, perPrompt: 3, sampling: { maxNewTokens: 8 } }
          - collect: { overlap: 2, annotators: { count: 3 } }
          - reward: { batchSize: 4, normalizationSamples: 8 }
          - ppo: { updates: 2, batchSize: 4, minibatches: 2, epochs: 1, maxNewTokens: 8, evaluationPrompts: 2, evaluateEvery: 1 }
          - evaluate: { heldOutPrompts: 6, perPrompt: 2, sampling: { maxNewTokens: 8 }, resamples: 100 }
        """;

    private readonly TemporaryFolder _place = new();

    public TinyLoop()
    {
        Libtorch.EnsureLoaded();
        var tokenizer = BpeTrainer.Train(ReviewGrammar.Documents(1, 50).Select(d => d.Text), 300, ["<s>", "</s>", "<pad>"]);
        var config = ModelConfig.CreateLlama(
            tokenizer.VocabSize, 16, 1, 2, 2, 32, 256, bosId: tokenizer.BosId, eosIds: [tokenizer.EosId!.Value], padId: tokenizer.PadId);
        using var policy = CausalLm.Create(config, new RandomStream(1, "tiny"), CPU, ScalarType.Float32);
        ModelFolder.Save(policy, Model);
        tokenizer.Save(Model);
        System.IO.File.WriteAllText(File, Yaml);
    }

    public string Model => _place["model"];

    public string File => _place["tiny.yaml"];

    public string Home(string name) => _place[name];

    public void Dispose() => _place.Dispose();
}

[CollectionDefinition(TinyLoop.Tests)]
public sealed class TinyLoopTests : ICollectionFixture<TinyLoop>;

using System.Text.Json.Nodes;
using Rlhf.Core;
using Rlhf.Core.Randomness;
using Rlhf.Models.Checkpoints;
using Rlhf.Testing;
using static TorchSharp.torch;

namespace Rlhf.Models.Tests.Checkpoints;

/// <summary>Weights that cannot be meant as they stand: not numbers, or an output layer beside a config that ties it.</summary>
public sealed class WeightCheckTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(float.NaN)]
    [InlineData(float.PositiveInfinity)]
    public void Weights_that_are_not_numbers_are_named_when_they_are_loaded(float value)
    {
        using var scope = NewDisposeScope();
        using var policy = SmallModels.Create(SmallModels.Llama());
        using var reward = ScalarModel.FromCausalLm(policy, new RandomStream(3, "head"));
        ModelFolder.Save(reward, _folder["reward"]);
        using (no_grad())
            policy.named_parameters().Single(p => p.name == "model.layers.1.mlp.down_proj.weight").parameter[3, 5] = value;
        ModelFolder.Save(policy, _folder["policy"]);
        var error = Assert.Throws<UserError>(() => ModelFolder.LoadCausalLm(_folder["policy"], CPU, ScalarType.Float32));
        Assert.Contains("model.layers.1.mlp.down_proj.weight", error.Message);
        Assert.Contains("[3, 5]", error.Message);
        Assert.Contains(_folder["policy"], error.Message);
        using var loaded = ModelFolder.LoadScalarModel(_folder["reward"], CPU, ScalarType.Float32);
        using (no_grad())
            loaded.named_parameters().Single(p => p.name == "score.weight").parameter.fill_(value);
        ModelFolder.Save(loaded, _folder["reward"]);
        Assert.Contains("score.weight",
            Assert.Throws<UserError>(() => ModelFolder.LoadScalarModel(_folder["reward"], CPU, ScalarType.Float32)).Message);
    }

    [Fact]
    public void Weights_beyond_the_range_of_the_number_format_are_named()
    {
        using var policy = SmallModels.Create(SmallModels.Llama());
        using (no_grad())
            policy.Decoder.Embedding.fill_(1e6);
        ModelFolder.Save(policy, _folder.Path);
        ModelFolder.LoadCausalLm(_folder.Path, CPU, ScalarType.Float32).Dispose();
        Assert.Contains("fp16", Assert.Throws<UserError>(() => ModelFolder.LoadCausalLm(_folder.Path, CPU, ScalarType.Float16)).Message);
    }

    [Fact]
    public void An_output_layer_in_the_file_counts_whatever_the_config_says()
    {
        using var scope = NewDisposeScope();
        using var untied = SmallModels.Create(SmallModels.Llama(tied: false));
        ModelFolder.Save(untied, _folder.Path);
        SetTied(_folder["config.json"]);
        using var loaded = ModelFolder.LoadCausalLm(_folder.Path, CPU, ScalarType.Float32);
        Assert.False(loaded.Config.TieWordEmbeddings);
        var ids = tensor(new long[,] { { 1, 5, 9 } });
        Assert.Equal(TinyModels.Doubles(untied.Logits(ids, null).flatten()), TinyModels.Doubles(loaded.Logits(ids, null).flatten()));
        // What is written says so, and reads back as it was.
        ModelFolder.Save(loaded, _folder["again"]);
        Assert.False(ModelConfig.Load(_folder["again"]).TieWordEmbeddings);
        using var again = ModelFolder.LoadCausalLm(_folder["again"], CPU, ScalarType.Float32);
        Assert.Equal(TinyModels.Doubles(untied.Logits(ids, null).flatten()), TinyModels.Doubles(again.Logits(ids, null).flatten()));
    }

    [Fact]
    public void An_output_layer_that_repeats_the_embedding_is_tied()
    {
        using var policy = SmallModels.Create(SmallModels.Llama(tied: false));
        using (no_grad())
            policy.named_parameters().Single(p => p.name == "lm_head.weight").parameter.copy_(policy.Decoder.Embedding);
        ModelFolder.Save(policy, _folder.Path);
        SetTied(_folder["config.json"]);
        using var loaded = ModelFolder.LoadCausalLm(_folder.Path, CPU, ScalarType.Float32);
        Assert.True(loaded.Config.TieWordEmbeddings);
        Assert.DoesNotContain(loaded.named_parameters(), p => p.name == "lm_head.weight");
    }

    [Fact]
    public void A_score_head_in_the_file_of_a_language_model_is_not_passed_over()
    {
        using var policy = SmallModels.Create(SmallModels.Llama());
        using var reward = ScalarModel.FromCausalLm(policy, new RandomStream(3, "head"));
        ModelFolder.Save(reward, _folder.Path);
        var config = JsonNode.Parse(File.ReadAllText(_folder["config.json"]))!;
        config["architectures"] = new JsonArray("LlamaForCausalLM");
        File.WriteAllText(_folder["config.json"], config.ToJsonString());
        Assert.Contains("score.weight",
            Assert.Throws<UserError>(() => ModelFolder.LoadCausalLm(_folder.Path, CPU, ScalarType.Float32)).Message);
    }

    private static void SetTied(string file)
    {
        var config = JsonNode.Parse(File.ReadAllText(file))!;
        config["tie_word_embeddings"] = true;
        File.WriteAllText(file, config.ToJsonString());
    }
}

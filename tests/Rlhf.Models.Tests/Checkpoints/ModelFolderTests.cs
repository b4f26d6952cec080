using System.Text.Json.Nodes;
using Rlhf.Core;
using Rlhf.Core.Randomness;
using Rlhf.Models.Checkpoints;
using Rlhf.Models.Generation;
using Rlhf.Models.Native;
using Rlhf.Testing;
using static TorchSharp.torch;

namespace Rlhf.Models.Tests.Checkpoints;

public sealed class ModelFolderTests
{
    public static TheoryData<string> Names => TinyModels.Names;

    [Theory]
    [MemberData(nameof(Names))]
    public void A_folder_written_by_us_loads_again_bit_equal(string name)
    {
        var (path, expected) = TinyModels.Require(name, "causal", "reward");
        using var written = new TemporaryFolder();
        using nn.Module first = Load(path, (string)expected["kind"]!, StoredType(path));
        Save(first, written.Path);
        using nn.Module second = Load(written.Path, (string)expected["kind"]!, StoredType(path));
        AssertSame(first, second);

        // What other programs read stays as it was.
        var before = JsonNode.Parse(File.ReadAllText(Path.Combine(path, "config.json")))!.AsObject();
        var after = JsonNode.Parse(File.ReadAllText(written["config.json"]))!.AsObject();
        foreach (var (key, value) in before)
            Assert.True(JsonNode.DeepEquals(value, after[key]), $"{key}: {value?.ToJsonString()} became {after[key]?.ToJsonString()}");
        Assert.Equal((string?)before["dtype"] ?? (string)before["torch_dtype"]!, (string)after["torch_dtype"]!);
        Assert.Equal(ModelConfig.Load(path).EosIds, ModelConfig.Load(written.Path).EosIds);

        string hash = ModelFolder.Sha256(written.Path);
        using var again = new TemporaryFolder();
        Save(second, again.Path);
        Assert.Equal(hash, ModelFolder.Sha256(again.Path));
        File.AppendAllText(again["config.json"], " ");
        Assert.NotEqual(hash, ModelFolder.Sha256(again.Path));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_new_policy_is_written_for_transformers_old_and_new(bool tied)
    {
        using var folder = new TemporaryFolder();
        using var model = SmallModels.Create(SmallModels.Llama(tied) with { EosIds = [2, 3] });
        ModelFolder.Save(model, folder.Path);
        var config = JsonNode.Parse(File.ReadAllText(folder["config.json"]))!;
        Assert.Equal("LlamaForCausalLM", (string)config["architectures"]![0]!);
        Assert.Equal("llama", (string)config["model_type"]!);
        Assert.Equal(10000, (double)config["rope_theta"]!);
        Assert.Equal(10000, (double)config["rope_parameters"]!["rope_theta"]!);
        Assert.Equal([2, 3], config["eos_token_id"]!.AsArray().Select(x => (int)x!));
        Assert.Equal("float32", (string)config["dtype"]!);
        using var file = SafetensorsFile.Open(folder["model.safetensors"]);
        Assert.Equal(!tied, file.Entries.ContainsKey("lm_head.weight"));
        Assert.Contains("model.layers.1.self_attn.k_proj.weight", file.Entries.Keys);
        using var loaded = ModelFolder.LoadCausalLm(folder.Path, CPU, ScalarType.Float32);
        AssertSame(model, loaded);
    }

    [Fact]
    public void The_same_seed_gives_the_same_file_and_another_seed_another()
    {
        using var first = new TemporaryFolder();
        using var second = new TemporaryFolder();
        using var third = new TemporaryFolder();
        foreach (var (folder, seed) in new[] { (first, 1ul), (second, 1ul), (third, 2ul) })
        {
            using var model = SmallModels.Create(SmallModels.Llama(), seed);
            ModelFolder.Save(model, folder.Path);
        }
        Assert.Equal(ModelFolder.Sha256(first.Path), ModelFolder.Sha256(second.Path));
        Assert.NotEqual(ModelFolder.Sha256(first.Path), ModelFolder.Sha256(third.Path));
    }

    [Fact]
    public void A_reward_model_keeps_its_gain_and_bias_and_names_one_label()
    {
        using var folder = new TemporaryFolder();
        using var policy = SmallModels.Create(SmallModels.Llama());
        using var reward = ScalarModel.FromCausalLm(policy, new RandomStream(3, "head"));
        reward.Config = reward.Config with { RewardGain = 0.25, RewardBias = -1.5 };
        ModelFolder.Save(reward, folder.Path);
        var config = JsonNode.Parse(File.ReadAllText(folder["config.json"]))!;
        Assert.Equal("LlamaForSequenceClassification", (string)config["architectures"]![0]!);
        Assert.Single(config["id2label"]!.AsObject());
        using var loaded = ModelFolder.LoadScalarModel(folder.Path, CPU, ScalarType.Float32);
        AssertSame(reward, loaded);
        Assert.Equal((0.25, -1.5), (loaded.Config.RewardGain, loaded.Config.RewardBias));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Gpt2_files_load_with_their_prefix_and_without_it_and_with_the_masks_of_old(bool prefixed)
    {
        using var folder = new TemporaryFolder();
        using var model = SmallModels.Create(SmallModels.Gpt2());
        ModelFolder.Save(model, folder.Path);
        using var scope = NewDisposeScope();
        var tensors = Safetensors.Read(folder["model.safetensors"]);
        var renamed = tensors.ToDictionary(t => prefixed ? t.Key : t.Key["transformer.".Length..], t => t.Value);
        string prefix = prefixed ? "transformer." : "";
        renamed[prefix + "h.0.attn.bias"] = ones(1, 1, 24, 24);
        renamed[prefix + "h.1.attn.masked_bias"] = tensor(-1e4f);
        Safetensors.Write(folder["model.safetensors"], renamed);
        using var loaded = ModelFolder.LoadCausalLm(folder.Path, CPU, ScalarType.Float32);
        AssertSame(model, loaded);
    }

    [Fact]
    public void Models_of_the_other_kind_are_named()
    {
        using var folder = new TemporaryFolder();
        using var policy = SmallModels.Create(SmallModels.Llama());
        ModelFolder.Save(policy, folder["policy"]);
        using var reward = ScalarModel.FromCausalLm(policy, new RandomStream(3, "head"));
        ModelFolder.Save(reward, folder["reward"]);
        Assert.Contains("a reward model",
            Assert.Throws<UserError>(() => ModelFolder.LoadCausalLm(folder["reward"], CPU, ScalarType.Float32)).Message);
        Assert.Contains("score.weight",
            Assert.Throws<UserError>(() => ModelFolder.LoadScalarModel(folder["policy"], CPU, ScalarType.Float32)).Message);
        Assert.Contains("nowhere",
            Assert.Throws<UserError>(() => ModelFolder.LoadCausalLm(folder["nowhere"], CPU, ScalarType.Float32)).Message);
    }

    [Fact]
    public void A_tokenizer_goes_with_its_model()
    {
        using var folder = new TemporaryFolder();
        Directory.CreateDirectory(folder["from"]);
        File.WriteAllText(folder["from/tokenizer.json"], "{}");
        File.WriteAllText(folder["from/notes.txt"], "mine");
        using var model = SmallModels.Create(SmallModels.Llama());
        ModelFolder.Save(model, folder["to"], folder["from"]);
        Assert.Equal(["config.json", "model.safetensors", "tokenizer.json"],
            Directory.GetFiles(folder["to"]).Select(Path.GetFileName).Order(StringComparer.Ordinal)!);
    }

    [Fact]
    public void Nothing_stays_behind_when_models_are_loaded_and_disposed()
    {
        using var folder = new TemporaryFolder();
        using (var model = SmallModels.Create(SmallModels.Llama()))
            ModelFolder.Save(model, folder.Path);
        long before = TorchSharp.DisposeScopeManager.Statistics.ThreadTotalLiveCount;
        for (int i = 0; i < 3; i++)
        {
            using var loaded = ModelFolder.LoadCausalLm(folder.Path, CPU, ScalarType.Float32);
            using var copy = loaded.Clone();
            Scoring.Score(copy, [1, 2, 3]);
        }
        Assert.Equal(before, TorchSharp.DisposeScopeManager.Statistics.ThreadTotalLiveCount);
    }

    internal static void AssertSame(nn.Module expected, nn.Module actual)
    {
        var found = actual.named_parameters().ToDictionary(p => p.name, p => p.parameter);
        Assert.Equal(expected.named_parameters().Select(p => p.name), actual.named_parameters().Select(p => p.name));
        foreach (var (name, parameter) in expected.named_parameters())
        {
            Assert.Equal(parameter.dtype, found[name].dtype);
            Assert.True(parameter.bytes.SequenceEqual(found[name].bytes), name);
        }
    }

    private static nn.Module Load(string path, string kind, ScalarType type) =>
        kind == "reward" ? ModelFolder.LoadScalarModel(path, CPU, type) : ModelFolder.LoadCausalLm(path, CPU, type);

    private static void Save(nn.Module model, string folder)
    {
        if (model is ScalarModel scalar)
            ModelFolder.Save(scalar, folder);
        else
            ModelFolder.Save((CausalLm)model, folder);
    }

    private static ScalarType StoredType(string path)
    {
        Libtorch.EnsureLoaded();
        var config = JsonNode.Parse(File.ReadAllText(Path.Combine(path, "config.json")))!;
        return ((string?)config["dtype"] ?? (string?)config["torch_dtype"]) switch
        {
            "bfloat16" => ScalarType.BFloat16,
            "float16" => ScalarType.Float16,
            _ => ScalarType.Float32,
        };
    }
}

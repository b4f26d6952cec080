using System.Text.Json.Nodes;
using Rlhf.Core;
using Rlhf.Models.Checkpoints;
using Rlhf.Testing;
using static TorchSharp.torch;

namespace Rlhf.Models.Tests.Checkpoints;

public sealed class ShardsTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly CausalLm _model = SmallModels.Create(SmallModels.Llama());

    public void Dispose()
    {
        _model.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public void Shards_are_read_by_their_index()
    {
        Shard(_model, _folder.Path);
        using var loaded = ModelFolder.LoadCausalLm(_folder.Path, CPU, ScalarType.Float32);
        ModelFolderTests.AssertSame(_model, loaded);
    }

    [Theory]
    [InlineData("../outside.safetensors")]
    [InlineData("/etc/passwd")]
    [InlineData("sub/model.safetensors")]
    [InlineData("..\\\\outside.safetensors")]
    [InlineData("..")]
    [InlineData("")]
    [InlineData("a\\u0000b")]
    [InlineData("config.json")]
    [InlineData("not-there.safetensors")]
    public void An_index_leads_nowhere_else(string target)
    {
        Shard(_model, _folder["model"]);
        // What the index would lead to exists and is a whole file: it is refused for where it lies.
        File.Copy(_folder["model/model-00001-of-00002.safetensors"], _folder["outside.safetensors"]);
        Directory.CreateDirectory(_folder["model/sub"]);
        File.Copy(_folder["outside.safetensors"], _folder["model/sub/model.safetensors"]);
        string index = _folder["model/model.safetensors.index.json"];
        File.WriteAllText(index, File.ReadAllText(index).Replace("model-00001-of-00002.safetensors", target, StringComparison.Ordinal));
        var error = Assert.Throws<UserError>(() => ModelFolder.LoadCausalLm(_folder["model"], CPU, ScalarType.Float32));
        Assert.DoesNotContain('\n', error.Message);
    }

    [Fact]
    public void A_link_out_of_the_folder_is_refused_and_one_into_a_cache_of_blobs_is_followed()
    {
        if (OperatingSystem.IsWindows())
            Assert.Skip("SKIPPED: links need a privilege on Windows");
        ModelFolder.Save(_model, _folder["cache/snapshots/abc"]);
        string file = _folder["cache/snapshots/abc/model.safetensors"];
        File.Move(file, _folder["elsewhere"]);
        File.CreateSymbolicLink(file, _folder["elsewhere"]);
        Assert.Contains("outside",
            Assert.Throws<UserError>(() => ModelFolder.LoadCausalLm(_folder["cache/snapshots/abc"], CPU, ScalarType.Float32)).Message);

        Directory.CreateDirectory(_folder["cache/blobs"]);
        File.Move(_folder["elsewhere"], _folder["cache/blobs/0123"]);
        File.Delete(file);
        File.CreateSymbolicLink(file, "../../blobs/0123");
        ModelFolder.LoadCausalLm(_folder["cache/snapshots/abc"], CPU, ScalarType.Float32).Dispose();
    }

    [Theory]
    [InlineData("vocab_size", 134_000_000)]
    [InlineData("hidden_size", 1_000_000)]
    [InlineData("intermediate_size", 134_000_000)]
    [InlineData("num_hidden_layers", 65_000)]
    [InlineData("num_hidden_layers", 3)]
    [InlineData("num_hidden_layers", 1)]
    [InlineData("vocab_size", 49)]
    [InlineData("head_dim", 1_000_000)]
    public void A_config_that_disagrees_with_the_file_is_refused_before_anything_is_allocated(string key, int value)
    {
        ModelFolder.Save(_model, _folder.Path);
        var config = JsonNode.Parse(File.ReadAllText(_folder["config.json"]))!;
        config[key] = value;
        File.WriteAllText(_folder["config.json"], config.ToJsonString());
        long before = Environment.WorkingSet;
        Assert.Throws<UserError>(() => ModelFolder.LoadCausalLm(_folder.Path, CPU, ScalarType.Float32));
        Assert.True(Environment.WorkingSet - before < 100 << 20);
    }

    [Fact]
    public void Tensors_too_few_or_too_many_are_named()
    {
        using var scope = NewDisposeScope();
        ModelFolder.Save(_model, _folder.Path);
        var tensors = Safetensors.Read(_folder["model.safetensors"]);
        Safetensors.Write(_folder["model.safetensors"], tensors.Where(t => t.Key != "model.norm.weight"));
        Assert.Contains("\"model.norm.weight\" is missing",
            Assert.Throws<UserError>(() => ModelFolder.LoadCausalLm(_folder.Path, CPU, ScalarType.Float32)).Message);
        Safetensors.Write(_folder["model.safetensors"], tensors.Append(new("model.layers.0.self_attn.q_proj.bias", zeros(16))));
        Assert.Contains("q_proj.bias\" has no place",
            Assert.Throws<UserError>(() => ModelFolder.LoadCausalLm(_folder.Path, CPU, ScalarType.Float32)).Message);
    }

    /// <summary>Writes a model in two files and an index, as large ones come.</summary>
    internal static void Shard(CausalLm model, string folder)
    {
        using var scope = NewDisposeScope();
        ModelFolder.Save(model, folder);
        string single = Path.Combine(folder, "model.safetensors");
        var tensors = Safetensors.Read(single);
        File.Delete(single);
        var map = new JsonObject();
        for (int part = 0; part < 2; part++)
        {
            string name = $"model-0000{part + 1}-of-00002.safetensors";
            var own = tensors.Where((_, i) => i % 2 == part).ToList();
            Safetensors.Write(Path.Combine(folder, name), own);
            foreach (var (tensor, _) in own)
                map[tensor] = name;
        }
        File.WriteAllText(Path.Combine(folder, "model.safetensors.index.json"), new JsonObject { ["weight_map"] = map }.ToJsonString());
    }
}

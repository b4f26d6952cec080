using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Rlhf.Core;
using Rlhf.Core.Files;
using Rlhf.Models.Tokenization;
using static TorchSharp.torch;

namespace Rlhf.Models.Checkpoints;

/// <summary>Loads and saves model folders in Hugging Face's layout.</summary>
public static class ModelFolder
{
    private static readonly JsonSerializerOptions Indented =
        new() { WriteIndented = true, Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>The files of a tokenizer, which are copied with a model.</summary>
    private static readonly string[] TokenizerFiles =
    [
        "tokenizer.json", "tokenizer_config.json", "special_tokens_map.json", "added_tokens.json", "vocab.json", "merges.txt",
            "tokenizer.model",
        "chat_template.jinja",
    ];

    /// <summary>Loads a language model: a policy or a reference.</summary>
    /// <param name="folder">the folder with config.json and model.safetensors or its shards</param>
    /// <param name="device">the device of the weights</param>
    /// <param name="dtype">the number format of the weights</param>
    /// <param name="tokenizer">
    /// the tokenizer used with the model: its EOS also ends completions, and ids without a token are never sampled
    /// </param>
    /// <exception cref="UserError">What is wrong with the folder, and where.</exception>
    public static CausalLm LoadCausalLm(string folder, Device device, ScalarType dtype, Tokenizer? tokenizer = null)
    {
        Native.Libtorch.EnsureLoaded();
        var config = ModelConfig.Load(folder);
        if (tokenizer is not null)
            config = config.WithTokenizer(tokenizer);
        if (config.IsScalar)
            throw new UserError($"{folder} contains a {DisplayText.Text(config.Architecture)}, a reward model; expected a language model "
                + $"({ModelFamilies.CausalClass(config.Family)})");
        using var weights = ModelWeights.Open(folder);
        config = config with { TieWordEmbeddings = WeightLoader.IsTied(weights, config) };
        return WeightLoader.Load(weights, config, (d, t) => new CausalLm(config, d, t), device, dtype);
    }

    /// <summary>Loads a model with one score per text: a reward model or a critic (…ForSequenceClassification).</summary>
    /// <param name="folder">the folder with config.json and model.safetensors or its shards</param>
    /// <param name="device">the device of the weights</param>
    /// <param name="dtype">the number format of the weights</param>
    /// <param name="tokenizer">the tokenizer used with the model: texts that are truncated keep its BOS</param>
    /// <exception cref="UserError">What is wrong with the folder, and where.</exception>
    public static ScalarModel LoadScalarModel(string folder, Device device, ScalarType dtype, Tokenizer? tokenizer = null)
    {
        Native.Libtorch.EnsureLoaded();
        var config = ModelConfig.Load(folder);
        if (tokenizer is not null)
            config = config.WithTokenizer(tokenizer);
        using var weights = ModelWeights.Open(folder);
        // The number of labels follows from the weights, because transformers does not write it.
        if (!weights.Names.Contains(ScalarModel.HeadName + ".weight"))
            throw new UserError($"{folder} contains a {DisplayText.Text(config.Architecture)} without \"{ScalarModel.HeadName}.weight\"; "
                + $"expected a reward model ({ModelFamilies.ScalarClass(config.Family)})");
        var head = weights.Shape(ScalarModel.HeadName + ".weight");
        if (head is not [1, _])
            throw new UserError($"{folder}: \"{ScalarModel.HeadName}.weight\" has shape [{DisplayText.Text(string.Join(", ", head))}]; a "
                + "reward model has one row");
        var scalar = config.AsScalar();
        return WeightLoader.Load(weights, scalar, (d, t) => new ScalarModel(scalar, d, t), device, dtype);
    }

    /// <summary>Writes config.json and model.safetensors, and copies a tokenizer's files.</summary>
    public static void Save(CausalLm model, string folder, string? tokenizerFrom = null) =>
        Save(model, model.Config, folder, tokenizerFrom);

    /// <inheritdoc cref="Save(CausalLm, string, string?)"/>
    public static void Save(ScalarModel model, string folder, string? tokenizerFrom = null) =>
        Save(model, model.Config, folder, tokenizerFrom);

    /// <summary>The SHA-256 (hex) of the names and contents of all files in the folder, without hidden files and subfolders.</summary>
    public static string Sha256(string folder)
    {
        using var all = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (string file in Directory.GetFiles(folder).Order(StringComparer.Ordinal))
        {
            string name = Path.GetFileName(file);
            if (name.StartsWith('.'))
                continue;
            using var stream = RegularFile.OpenRead(file);
            all.AppendData(Encoding.UTF8.GetBytes($"{Convert.ToHexStringLower(SHA256.HashData(stream))} {name}\n"));
        }
        return Convert.ToHexStringLower(all.GetHashAndReset());
    }

    private static void Save(nn.Module model, ModelConfig config, string folder, string? tokenizerFrom)
    {
        Directory.CreateDirectory(folder);
        if (tokenizerFrom is not null)
            CopyTokenizer(tokenizerFrom, folder);
        var tensors = model.named_parameters().ToDictionary(p => p.name, p => (Tensor)p.parameter);
        Safetensors.Write(Path.Combine(folder, ModelWeights.SingleFile), tensors);
        string dtype = tensors.Values.First().dtype switch
        {
            ScalarType.BFloat16 => "bfloat16",
            ScalarType.Float16 => "float16",
            ScalarType.Float64 => "float64",
            _ => "float32",
        };
        // Written last: its presence means that the folder is complete.
        AtomicFile.WriteText(Path.Combine(folder, "config.json"), config.ToJson(dtype).ToJsonString(Indented) + "\n");
    }

    private static void CopyTokenizer(string from, string folder)
    {
        if (Path.GetFullPath(from) == Path.GetFullPath(folder))
            return;
        foreach (string name in TokenizerFiles)
        {
            string path = Path.Combine(from, name);
            if (!File.Exists(path))
                continue;
            LinkTarget.Check(from, path);
            using var source = RegularFile.OpenRead(path);
            AtomicFile.Write(Path.Combine(folder, name), source.CopyTo);
        }
    }
}

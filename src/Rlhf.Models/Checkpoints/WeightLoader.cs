using Rlhf.Core;
using TorchSharp;
using static TorchSharp.torch;

namespace Rlhf.Models.Checkpoints;

/// <summary>
/// Loads weights into a model. Names and shapes are first compared on the meta device, so that a wrong config.json allocates nothing.
/// </summary>
internal static class WeightLoader
{
    // Buffers saved by older versions of transformers: masks and frequencies, which follow from the config.
    private static readonly string[] IgnoredEndings = [".attn.bias", ".attn.masked_bias", ".rotary_emb.inv_freq"];

    private const string OutputName = "lm_head.weight";

    private static readonly string[] HeadNames = [OutputName, ScalarModel.HeadName + ".weight"];

    /// <summary>
    /// Whether the output layer shares the weights of the embedding table. The weights decide: if config.json ties the two, but the file
    /// has an output layer with different numbers, they are not tied.
    /// </summary>
    public static bool IsTied(ModelWeights weights, ModelConfig config)
    {
        if (!config.TieWordEmbeddings || !weights.Names.Contains(OutputName))
            return config.TieWordEmbeddings;
        string prefix = ModelFamilies.DecoderName(config.Family) + ".";
        string embedding = ModelFamilies.EmbeddingName(config.Family);
        return weights.HaveSameNumbers(OutputName, weights.Names.Contains(prefix + embedding) ? prefix + embedding : embedding);
    }

    public static T Load<T>(ModelWeights weights, ModelConfig config, Func<Device, ScalarType, T> build, Device device, ScalarType dtype)
        where T : nn.Module
    {
        // The file of a base model (without a head) lacks the decoder's prefix.
        string prefix = ModelFamilies.DecoderName(config.Family) + ".";
        if (!weights.Names.Any(n => n.StartsWith(prefix, StringComparison.Ordinal)))
            weights.Rename(name => HeadNames.Contains(name) ? name : prefix + name);
        if (config.Layers > weights.Names.Count)
            throw new UserError($"{weights.Folder}: config.json has {config.Layers} layers, but there are "
                + $"only {weights.Names.Count} tensors");
        Compare(weights, build, dtype);
        var model = build(device, dtype);
        try
        {
            if (device.type != DeviceType.META)
            {
                foreach (var (name, parameter) in model.named_parameters())
                {
                    weights.ReadInto(name, parameter);
                    CheckFinite(weights.Folder, name, parameter);
                }
            }
            return model;
        }
        catch
        {
            model.Dispose();
            throw;
        }
    }

    private static void CheckFinite(string folder, string name, Tensor parameter)
    {
        using var gradients = no_grad();
        using var scope = NewDisposeScope();
        var finite = parameter.isfinite();
        if (finite.all().item<bool>())
            return;
        long[] first = finite.logical_not().nonzero()[0].cpu().data<long>().ToArray();
        string format = parameter.dtype switch { ScalarType.Float16 => "fp16", ScalarType.BFloat16 => "bf16", _ => "fp32" };
        throw new UserError($"{folder}: \"{DisplayText.Text(name)}\" contains NaN or infinite numbers in {format}, the first at "
            + $"[{string.Join(", ", first)}]; "
            + "the file is damaged, or was written by a training that diverged");
    }

    private static void Compare<T>(ModelWeights weights, Func<Device, ScalarType, T> build, ScalarType dtype)
        where T : nn.Module
    {
        using var shapes = build(META, dtype);
        var unused = weights.Names.ToHashSet(StringComparer.Ordinal);
        foreach (var (name, parameter) in shapes.named_parameters())
        {
            if (!unused.Remove(name))
                throw new UserError($"{weights.Folder}: the tensor \"{name}\" is missing");
            long[] wanted = parameter.shape;
            var found = weights.Shape(name);
            if (!found.SequenceEqual(wanted))
                throw new UserError($"{weights.Folder}: \"{name}\" has shape [{DisplayText.Text(string.Join(", ", found))}], but "
                    + $"config.json asks for [{string.Join(", ", wanted)}]");
        }
        // The head of another kind of model may be present: a reward model needs no output layer. The output layer of a tied model was
        // compared with the embedding before.
        unused.Remove(OutputName);
        unused.RemoveWhere(name => IgnoredEndings.Any(e => name.EndsWith(e, StringComparison.Ordinal)));
        if (unused.Count > 0)
            throw new UserError($"{weights.Folder}: the tensor \"{DisplayText.Text(unused.Order(StringComparer.Ordinal).First())}\" has no "
                + "place in the model that config.json describes");
    }
}

using Rlhf.Core;
using TorchSharp;
using static TorchSharp.torch;

namespace Rlhf.Models.Checkpoints;

/// <summary>Fills a model from a folder. Names and shapes are compared on the meta device first: nothing is allocated that the file does not hold.</summary>
internal static class WeightLoader
{
    // Buffers of older versions: masks and frequencies that follow from the config.
    private static readonly string[] IgnoredEndings = [".attn.bias", ".attn.masked_bias", ".rotary_emb.inv_freq"];

    private static readonly string[] HeadNames = ["lm_head.weight", ScalarModel.HeadName + ".weight"];

    public static T Load<T>(ModelWeights weights, ModelConfig config, Func<Device, ScalarType, T> build, Device device, ScalarType dtype)
        where T : nn.Module
    {
        // A base model's file lacks the name of the part that it is within a model with a head.
        string prefix = ModelFamilies.DecoderName(config.Family) + ".";
        if (!weights.Names.Any(n => n.StartsWith(prefix, StringComparison.Ordinal)))
            weights.Rename(name => HeadNames.Contains(name) ? name : prefix + name);
        if (config.Layers > weights.Names.Count)
            throw new UserError($"{weights.Folder}: config.json says {config.Layers} layers, but there are only {weights.Names.Count} tensors");
        Compare(weights, build, dtype);
        var model = build(device, dtype);
        try
        {
            if (device.type != DeviceType.META)
            {
                foreach (var (name, parameter) in model.named_parameters())
                    weights.ReadInto(name, parameter);
            }
            return model;
        }
        catch
        {
            model.Dispose();
            throw;
        }
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
                throw new UserError($"{weights.Folder}: \"{name}\" has shape [{DisplayText.Text(string.Join(", ", found))}], but config.json asks for [{string.Join(", ", wanted)}]");
        }
        // The output layer of a tied or headless model may be there, and says nothing new.
        unused.ExceptWith(HeadNames);
        unused.RemoveWhere(name => IgnoredEndings.Any(e => name.EndsWith(e, StringComparison.Ordinal)));
        if (unused.Count > 0)
            throw new UserError($"{weights.Folder}: the tensor \"{DisplayText.Text(unused.Order(StringComparer.Ordinal).First())}\" has no place in the model that config.json describes");
    }
}

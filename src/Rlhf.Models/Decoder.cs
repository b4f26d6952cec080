using Rlhf.Core;
using Rlhf.Models.Checkpoints;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Rlhf.Models;

/// <summary>A causal Transformer without a head. One subclass per family, with the state-dict names of Hugging Face.</summary>
public abstract class Decoder : nn.Module
{
    protected Decoder(ModelConfig config) : base(config.Family)
    {
        ArgumentNullException.ThrowIfNull(config);
        Config = config;
    }

    public ModelConfig Config { get; }

    /// <summary>The embedding table [vocabulary, width]; also the output layer if the two are tied.</summary>
    public abstract Parameter Embedding { get; }

    /// <summary>The hidden states after the final norm. Position ids count the unmasked tokens of a row.</summary>
    /// <param name="ids">[batch, time], int64</param>
    /// <param name="mask">[batch, time], bool, true = real token; null = no padding, or only on the right</param>
    /// <param name="cache">keys and values of the previous tokens; those of <paramref name="ids"/> are appended</param>
    /// <returns>[batch, time, width]; arbitrary numbers at padded positions</returns>
    /// <exception cref="UserError">A row has more tokens than the model has positions.</exception>
    public Tensor HiddenStates(Tensor ids, Tensor? mask, KvCache? cache = null)
    {
        using var scope = NewDisposeScope();
        var layout = SequenceLayout.Create(ids, mask, cache, Embedding.dtype);
        CheckLength(layout, mask, cache);
        var hidden = Forward(ids, layout, cache);
        cache?.Advance(mask, layout);
        return hidden.MoveToOuterDisposeScope();
    }

    private void CheckLength(SequenceLayout layout, Tensor? mask, KvCache? cache)
    {
        if (layout.End <= Config.MaxPositions)
            return;
        if (layout.Positions is null)
            Config.CheckLength(layout.End);
        // With a cache, finished rows continue along with the others, so the caller checks the lengths.
        else if (cache is null && mask is not null && mask.device_type != TorchSharp.DeviceType.META)
            Config.CheckLength(mask.sum(1).max().item<long>());
    }

    /// <summary>The family's forward pass.</summary>
    protected abstract Tensor Forward(Tensor ids, SequenceLayout layout, KvCache? cache);
}

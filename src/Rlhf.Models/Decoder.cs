using Rlhf.Core;
using Rlhf.Models.Checkpoints;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Rlhf.Models;

/// <summary>A causal Transformer without a head: one subclass per family, state-dict names as Hugging Face's.</summary>
public abstract class Decoder : nn.Module
{
    protected Decoder(ModelConfig config) : base(config.Family)
    {
        ArgumentNullException.ThrowIfNull(config);
        Config = config;
    }

    public ModelConfig Config { get; }

    /// <summary>The embedding table [vocabulary, width]: the output layer too, where the two are tied.</summary>
    public abstract Parameter Embedding { get; }

    /// <summary>The hidden states after the final norm. Positions count the real tokens of a row.</summary>
    /// <param name="ids">[batch, time], int64</param>
    /// <param name="mask">[batch, time], bool, true = real token; null = no padding, or on the right only</param>
    /// <param name="cache">keys and values of the tokens before these, which are added to it</param>
    /// <returns>[batch, time, width]; under padding, arbitrary numbers</returns>
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
        // With a cache, rows that have ended run on beside those that have not: whoever reads step by step counts the tokens.
        else if (cache is null && mask is not null && mask.device_type != TorchSharp.DeviceType.META)
            Config.CheckLength(mask.sum(1).max().item<long>());
    }

    /// <summary>The family's forward pass.</summary>
    protected abstract Tensor Forward(Tensor ids, SequenceLayout layout, KvCache? cache);
}

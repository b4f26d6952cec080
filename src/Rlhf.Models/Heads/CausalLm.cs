using Rlhf.Core.Randomness;
using Rlhf.Models.Checkpoints;
using Rlhf.Models.Families;
using Rlhf.Models.Layers;
using static TorchSharp.torch;

namespace Rlhf.Models;

/// <summary>A decoder with an output layer over the vocabulary: policies and references.</summary>
public sealed class CausalLm : nn.Module
{
    // A tuple, because TorchSharp registers every field that is a module under the field's own name; these have the family's.
    private readonly (Decoder Decoder, Layers.Linear? Output) _parts;

    /// <summary>A model whose parameters hold no values yet.</summary>
    internal CausalLm(ModelConfig config, Device device, ScalarType dtype) : base(nameof(CausalLm))
    {
        Config = config;
        var decoder = DecoderFamilies.Create(config, device, dtype);
        var output = config.TieWordEmbeddings ? null : new Layers.Linear(config.HiddenSize, config.VocabSize, bias: false, device, dtype);
        _parts = (decoder, output);
        register_module(ModelFamilies.DecoderName(config.Family), decoder);
        if (output is not null)
            register_module("lm_head", output);
    }

    /// <summary>The config that is saved.</summary>
    public ModelConfig Config { get; internal set; }

    public Decoder Decoder => _parts.Decoder;

    public Device Device => Decoder.Embedding.device;

    public ScalarType Dtype => Decoder.Embedding.dtype;

    /// <summary>A new model with weights drawn from <paramref name="init"/>.</summary>
    public static CausalLm Create(ModelConfig config, RandomStream init, Device device, ScalarType dtype)
    {
        Native.Libtorch.EnsureLoaded();
        var model = new CausalLm(config, device, dtype);
        InitialWeights.Draw(model, config, init);
        return model;
    }

    /// <param name="ids">[batch, time], int64</param>
    /// <param name="mask">[batch, time], bool, true = real token; null = no padding, or on the right only</param>
    /// <param name="cache">keys and values of the tokens before these</param>
    /// <returns>[batch, time, vocabulary]: at each position, for the token after it</returns>
    public Tensor Logits(Tensor ids, Tensor? mask, KvCache? cache = null)
    {
        using var hidden = Decoder.HiddenStates(ids, mask, cache);
        return LogitsOf(hidden);
    }

    /// <param name="hidden">[…, width], of the decoder</param>
    /// <returns>
    /// […, vocabulary], in fp32 also where the model is bf16 or fp16: 8 bits of a logit are too few for a ratio of probabilities
    /// </returns>
    public Tensor LogitsOf(Tensor hidden) => FullPrecision.Linear(hidden, _parts.Output?.Weight ?? Decoder.Embedding);

    /// <summary>A copy with weights of its own.</summary>
    public CausalLm Clone()
    {
        var copy = new CausalLm(Config, Device, Dtype);
        Weights.Copy(this, copy);
        return copy;
    }
}

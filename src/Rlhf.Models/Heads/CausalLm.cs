using Rlhf.Core.Randomness;
using Rlhf.Models.Checkpoints;
using Rlhf.Models.Families;
using Rlhf.Models.Layers;
using static TorchSharp.torch;

namespace Rlhf.Models;

/// <summary>A decoder with an output layer over the vocabulary, for policies and references.</summary>
public sealed class CausalLm : nn.Module
{
    // A tuple, because TorchSharp registers module fields under the field's name, but these need the family's names.
    private readonly (Decoder Decoder, Layers.Linear? Output) _parts;

    /// <summary>Creates a model with uninitialized parameters.</summary>
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

    /// <summary>The config, which is saved with the weights.</summary>
    public ModelConfig Config { get; internal set; }

    public Decoder Decoder => _parts.Decoder;

    public Device Device => Decoder.Embedding.device;

    public ScalarType Dtype => Decoder.Embedding.dtype;

    /// <summary>Creates a model with random initial weights from <paramref name="init"/>.</summary>
    public static CausalLm Create(ModelConfig config, RandomStream init, Device device, ScalarType dtype)
    {
        Native.Libtorch.EnsureLoaded();
        var model = new CausalLm(config, device, dtype);
        InitialWeights.Draw(model, config, init);
        return model;
    }

    /// <summary>The forward pass.</summary>
    /// <param name="ids">[batch, time], int64</param>
    /// <param name="mask">[batch, time], bool, true = real token; null = no padding, or only on the right</param>
    /// <param name="cache">keys and values of the previous tokens; those of <paramref name="ids"/> are appended</param>
    /// <returns>[batch, time, vocabulary]: at each position, the logits of the next token</returns>
    public Tensor Logits(Tensor ids, Tensor? mask, KvCache? cache = null)
    {
        using var hidden = Decoder.HiddenStates(ids, mask, cache);
        return LmHead(hidden);
    }

    /// <summary>Applies the output layer to hidden states.</summary>
    /// <param name="hidden">[…, width], hidden states of the decoder</param>
    /// <returns>
    /// […, vocabulary], logits; in fp32 even if the model is bf16 or fp16, because 8 bits are too few for ratios of probabilities
    /// </returns>
    public Tensor LmHead(Tensor hidden) => FullPrecision.Linear(hidden, _parts.Output?.Weight ?? Decoder.Embedding);

    /// <summary>A deep copy, on the same device.</summary>
    public CausalLm Clone()
    {
        var copy = new CausalLm(Config, Device, Dtype);
        Weights.Copy(this, copy);
        return copy;
    }
}

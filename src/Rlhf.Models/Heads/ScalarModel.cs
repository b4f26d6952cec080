using Rlhf.Core.Randomness;
using Rlhf.Models.Checkpoints;
using Rlhf.Models.Families;
using Rlhf.Models.Layers;
using Rlhf.Models.Native;
using static TorchSharp.torch;

namespace Rlhf.Models;

/// <summary>
/// A decoder with a head that gives one number per token, for reward models and critics. On disk it is Hugging Face's
/// …ForSequenceClassification with one label.
/// </summary>
public sealed class ScalarModel : nn.Module
{
    internal const string HeadName = "score";

    // A tuple, because TorchSharp registers module fields under the field's name, but these need the family's names.
    private readonly (Decoder Decoder, Layers.Linear Head) _parts;

    /// <summary>Creates a model with uninitialized parameters.</summary>
    internal ScalarModel(ModelConfig config, Device device, ScalarType dtype) : base(nameof(ScalarModel))
    {
        Config = config;
        _parts = (DecoderFamilies.Create(config, device, dtype), new Layers.Linear(config.HiddenSize, 1, bias: false, device, dtype));
        register_module(ModelFamilies.DecoderName(config.Family), _parts.Decoder);
        register_module(HeadName, _parts.Head);
    }

    /// <summary>The config, which is saved with the weights. Reward gain and bias are set after training.</summary>
    public ModelConfig Config { get; set; }

    public Decoder Decoder => _parts.Decoder;

    public Device Device => Decoder.Embedding.device;

    public ScalarType Dtype => Decoder.Embedding.dtype;

    /// <summary>
    /// A copy of a policy's decoder with a new head. Its weights are drawn from N(0, 1/(width + 1)), without bias (Huang et al. 2024,
    /// "The N+ Implementation Details of RLHF with PPO": standard deviation 1/√(d + 1)).
    /// </summary>
    public static ScalarModel FromCausalLm(CausalLm trunk, RandomStream init)
    {
        var model = new ScalarModel(trunk.Config.AsScalar() with { Folder = null }, trunk.Device, trunk.Dtype);
        Weights.Copy(trunk.Decoder, model.Decoder);
        InitialWeights.Normal(model._parts.Head.Weight, 1 / Math.Sqrt(model.Config.HiddenSize + 1), init, 0);
        return model;
    }

    /// <summary>The forward pass.</summary>
    /// <param name="ids">[batch, time], int64</param>
    /// <param name="mask">[batch, time], bool, true = real token; null = no padding, or only on the right</param>
    /// <returns>[batch, time]: the head's output at every token, in fp32 or fp64</returns>
    public Tensor Values(Tensor ids, Tensor? mask)
    {
        using var scope = NewDisposeScope();
        return Head(Decoder.HiddenStates(ids, mask)).MoveToOuterDisposeScope();
    }

    /// <summary>The raw scores: the head's output at the last real token of each row.</summary>
    /// <param name="ids">[batch, time], int64</param>
    /// <param name="mask">[batch, time], bool; null = all real</param>
    /// <returns>[batch], in fp32 or fp64</returns>
    public Tensor Scores(Tensor ids, Tensor? mask)
    {
        using var scope = NewDisposeScope();
        var hidden = Decoder.HiddenStates(ids, mask);
        long time = ids.shape[1];
        if (mask is null)
            return Head(hidden.select(1, time - 1)).MoveToOuterDisposeScope();
        var last = TensorArithmetic.Range(0, time, ids.device).mul(mask).argmax(1);
        var at = hidden.gather(1, last.view(-1, 1, 1).expand(-1, 1, hidden.shape[2])).squeeze(1);
        return Head(at).MoveToOuterDisposeScope();
    }

    /// <summary>[batch, …, width] to [batch, …], in fp32 even if the model is bf16 or fp16, where scores would have only 8 bits.</summary>
    private Tensor Head(Tensor hidden) => FullPrecision.Linear(hidden, _parts.Head.Weight).squeeze(-1);

    /// <summary>A deep copy, on the same device.</summary>
    public ScalarModel Clone()
    {
        var copy = new ScalarModel(Config, Device, Dtype);
        Weights.Copy(this, copy);
        return copy;
    }
}

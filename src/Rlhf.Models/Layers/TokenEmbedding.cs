using TorchSharp.Modules;
using TorchSharp.Utils;
using static TorchSharp.torch;

namespace Rlhf.Models.Layers;

/// <summary>
/// An embedding table [rows, width] for tokens or positions. (TorchSharp's Embedding draws initial values from torch's generator, and
/// creates a new handle of its weight at every access.)
/// </summary>
public sealed class TokenEmbedding : nn.Module<Tensor, Tensor>
{
    [ComponentName(Name = "weight")]
    private readonly Parameter _weight;

    public TokenEmbedding(long rows, long width, Device device, ScalarType dtype) : base(nameof(TokenEmbedding))
    {
        _weight = NewParameter.Empty(device, dtype, rows, width);
        RegisterComponents();
    }

    public Parameter Weight => _weight;

    /// <param name="ids">[batch, time], int64</param>
    /// <returns>[batch, time, width]</returns>
    public override Tensor forward(Tensor ids) => MetaCompatibleOps.Rows(_weight, ids);
}

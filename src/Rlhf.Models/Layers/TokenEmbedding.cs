using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Rlhf.Models.Layers;

/// <summary>Tables [rows, width] that are read by ids [batch, time]: of words, or of positions.</summary>
public static class TokenEmbedding
{
    /// <summary>Without values: TorchSharp's own would be drawn from torch's generator, so it is made on meta, of one word, and given our parameter.</summary>
    public static Embedding Of(long rows, long width, Device device, ScalarType dtype)
    {
        var table = nn.Embedding(1, 1, device: META);
        table.weight!.Dispose();
        table.weight = NewParameter.Of(device, dtype, rows, width);
        return table;
    }
}

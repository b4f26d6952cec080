using Rlhf.Models.Native;
using TorchSharp;
using static TorchSharp.torch;

namespace Rlhf.Models.Generation;

/// <summary>Running sums along each row, the same bits each time.</summary>
internal static class CumulativeSum
{
    /// <param name="rows">[rows, n]</param>
    /// <returns>[rows, n]</returns>
    public static Tensor OfRows(Tensor rows)
    {
        if (rows.device_type != DeviceType.CUDA)
            return rows.cumsum(-1);
        // CUDA sums a single row in blocks whose order is not fixed, several rows each from its left to its right. PyTorch calls both not
        // deterministic, and refuses them where it is asked for deterministic algorithms.
        bool inUse = DeterministicAlgorithms.InUse;
        DeterministicAlgorithms.InUse = false;
        try
        {
            return rows.shape[0] == 1 ? rows.repeat(2, 1).cumsum(-1).narrow(0, 0, 1) : rows.cumsum(-1);
        }
        finally
        {
            DeterministicAlgorithms.InUse = inUse;
        }
    }
}

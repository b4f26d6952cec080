using Rlhf.Models.Native;
using TorchSharp;
using static TorchSharp.torch;

namespace Rlhf.Models.Generation;

/// <summary>Deterministic cumulative sums.</summary>
internal static class CumulativeSum
{
    /// <summary>The cumulative sum along each row, bit-identical in every call.</summary>
    /// <param name="rows">[rows, n]</param>
    /// <returns>[rows, n]</returns>
    public static Tensor AlongRows(Tensor rows)
    {
        if (rows.device_type != DeviceType.CUDA)
            return rows.cumsum(-1);
        // On CUDA a single row is summed in blocks in varying order, several rows from left to right. PyTorch marks both as
        // nondeterministic, and refuses them when deterministic algorithms are on.
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

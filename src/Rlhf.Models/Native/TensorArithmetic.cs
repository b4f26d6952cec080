using static Rlhf.Models.Native.Numbers;
using static TorchSharp.torch;

namespace Rlhf.Models.Native;

/// <summary>
/// Replacements, with the same results, for operations in which TorchSharp itself creates a scalar that is not kept alive (see
/// <see cref="Numbers"/>): the factor 1 of an addition, the exponent of a square.
/// </summary>
public static class TensorArithmetic
{
    public static Tensor Plus(this Tensor x, Tensor y) => x.add(y, Number(1));

    public static Tensor Plus(this Tensor x, double y) => x.add(Number(y), Number(1));

    public static Tensor PlusInPlace(this Tensor x, Tensor y) => x.add_(y, Number(1));

    public static Tensor PlusInPlace(this Tensor x, double y) => x.add_(Number(y), Number(1));

    public static Tensor PlusInPlace(this Tensor x, long y) => x.add_(Number(y), Number(1));

    public static Tensor Square(this Tensor x) => x.pow(Number(2));

    /// <summary>start, start + 1, …, end − 1: [end − start], int64.</summary>
    public static Tensor Range(long start, long end, Device device) =>
        arange(Number(start), Number(end), Number(1), ScalarType.Int64, device);
}

using TorchSharp;

namespace Rlhf.Models.Native;

/// <summary>
/// Scalar arguments of libtorch's operations. TorchSharp converts every number to a <see cref="Scalar"/> with a finalizer, but does not
/// keep it alive during the call: a garbage collection on another thread can free it, and the call throws or computes with another
/// value. A scalar created here stays alive until its thread has created <see cref="Kept"/> more.
/// </summary>
public static class Numbers
{
    /// <summary>The number of scalars kept alive per thread: far more than the arguments of one call.</summary>
    public const int Kept = 64;

    [ThreadStatic]
    private static Scalar[]? s_recent;

    [ThreadStatic]
    private static int s_next;

    public static Scalar Number(double value) => Keep(value.ToScalar());

    public static Scalar Number(long value) => Keep(value.ToScalar());

    public static Scalar Number(bool value) => Keep(value.ToScalar());

    private static Scalar Keep(Scalar number)
    {
        Scalar[] recent = s_recent ??= new Scalar[Kept];
        recent[s_next] = number;
        s_next = (s_next + 1) % Kept;
        return number;
    }
}

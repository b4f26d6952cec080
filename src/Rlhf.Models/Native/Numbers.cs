using TorchSharp;

namespace Rlhf.Models.Native;

/// <summary>
/// Numbers as libtorch takes them. TorchSharp makes a <see cref="Scalar"/> of every number, which a finalizer frees and which nothing
/// keeps alive while libtorch reads it: a garbage collection of another thread frees it during the call, and the call throws or
/// computes with another value. A number made here stays alive until its thread has made <see cref="Kept"/> more.
/// </summary>
public static class Numbers
{
    /// <summary>How many numbers of a thread are kept: far more than one call takes.</summary>
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

namespace Rlhf.Models.Native;

/// <summary>
/// How OpenMP threads wait for each other. By default libgomp's threads spin at every barrier for milliseconds. For a single process that
/// is fastest, but two processes on the same cores take time from each other and become many times slower. A short spin costs a single
/// process almost nothing (src/DECISIONS.md has the figures).
/// </summary>
public static class OpenMpWaiting
{
    public const string SpinVariable = "GOMP_SPINCOUNT";
    public const string PolicyVariable = "OMP_WAIT_POLICY";

    /// <summary>Iterations of spinning before a thread sleeps, unless the user sets another value.</summary>
    public const string DefaultSpinCount = "2000";

    /// <summary>The current setting, and whether it comes from the environment.</summary>
    public static string Describe() => (NativeEnvironment.Value(SpinVariable), NativeEnvironment.Value(PolicyVariable)) switch
    {
        ({ } count, _) when count == DefaultSpinCount => $"{SpinVariable}={count}",
        ({ } count, _) => $"{SpinVariable}={count} from the environment ({DefaultSpinCount} suits several processes on the same cores)",
        (null, { } policy) => $"{PolicyVariable}={policy} from the environment",
        _ => $"{SpinVariable} is libgomp's own",
    };

    /// <summary>
    /// Sets the spin count for this process and its children. Must be called before libgomp is loaded, which reads the environment once.
    /// </summary>
    internal static void Configure()
    {
        if (NativeEnvironment.Value(PolicyVariable) is null)
            NativeEnvironment.SetDefault(SpinVariable, DefaultSpinCount);
    }
}

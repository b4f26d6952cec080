namespace Rlhf.Models.Native;

/// <summary>
/// How the threads of an operation wait for each other. libgomp's threads spin at every barrier, for milliseconds by default: alone that
/// is fastest, but with two processes on the same cores each spins away the time that the other one needs, and both become many times
/// slower. A short spin costs a process alone next to nothing (src/DECISIONS.md has the figures).
/// </summary>
public static class OpenMpWaiting
{
    public const string SpinVariable = "GOMP_SPINCOUNT";
    public const string PolicyVariable = "OMP_WAIT_POLICY";

    /// <summary>Rounds of spinning before a thread sleeps, where the user has chosen nothing.</summary>
    public const string DefaultSpinCount = "1000";

    /// <summary>What a thread of libgomp does at a barrier, and who chose it.</summary>
    public static string Describe() => (NativeEnvironment.Value(SpinVariable), NativeEnvironment.Value(PolicyVariable)) switch
    {
        ({ } count, _) when count == DefaultSpinCount => $"{SpinVariable}={count}",
        ({ } count, _) => $"{SpinVariable}={count} from the environment ({DefaultSpinCount} suits several processes on the same cores)",
        (null, { } policy) => $"{PolicyVariable}={policy} from the environment",
        _ => $"{SpinVariable} is libgomp's own",
    };

    /// <summary>
    /// Chooses for this process and its children. libgomp reads its environment when it is loaded, so this comes before that.
    /// </summary>
    internal static void Configure()
    {
        if (NativeEnvironment.Value(PolicyVariable) is null)
            NativeEnvironment.SetDefault(SpinVariable, DefaultSpinCount);
    }
}

using System.Runtime.InteropServices;

namespace Rlhf.Models.Native;

/// <summary>
/// Environment variables that native libraries read. .NET keeps a copy of the environment and passes it to child processes; native
/// libraries read the original.
/// </summary>
internal static class NativeEnvironment
{
    /// <summary>The value, or null if it is not set or empty.</summary>
    public static string? Value(string name) => Environment.GetEnvironmentVariable(name) is { Length: > 0 } value ? value : null;

    /// <summary>Sets a variable for this process and its children, unless it is set already.</summary>
    public static void SetDefault(string name, string value)
    {
        if (!OperatingSystem.IsLinux() || Value(name) is not null)
            return;
        Environment.SetEnvironmentVariable(name, value);
        _ = SetVariable(name, value, overwrite: 1);
    }

    [DllImport("libc", EntryPoint = "setenv", CharSet = CharSet.Ansi, BestFitMapping = false, ThrowOnUnmappableChar = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int SetVariable(string name, string value, int overwrite);
}

using System.Runtime.InteropServices;

namespace Rlhf.Cli.Output;

/// <summary>Whether anybody still reads standard output: not after <c>| head</c> has what it wants.</summary>
internal static class OutputReader
{
    private const int StandardOutput = 1;
    private const short Error = 0x8, HungUp = 0x10;

    private static readonly TimeSpan LookAgain = TimeSpan.FromSeconds(1);

    /// <summary>
    /// Asks the system, so that nothing need be written to notice: a run that waits for people may have nothing to say for weeks.
    /// </summary>
    public static bool HasGone()
    {
        if (OperatingSystem.IsWindows())
            return false;
        var file = new PolledFile { Descriptor = StandardOutput };
        return Poll(ref file, 1, 0) > 0 && (file.Answer & (Error | HungUp)) != 0;
    }

    /// <summary>Ends when nobody reads any longer and <paramref name="mayEnd"/> holds.</summary>
    public static async Task GoneAsync(Func<Task<bool>> mayEnd, CancellationToken stop)
    {
        using var timer = new PeriodicTimer(LookAgain);
        while (!HasGone() || !await mayEnd())
            await timer.WaitForNextTickAsync(stop);
    }

    [DllImport("libc", EntryPoint = "poll")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Poll(ref PolledFile file, nuint count, int milliseconds);

    [StructLayout(LayoutKind.Sequential)]
    private struct PolledFile
    {
        public int Descriptor;
        public short Asked;
        public short Answer;
    }
}

/// <summary>Nobody reads what a command writes: it ends before its end, and that is no failure.</summary>
internal sealed class ReaderGoneException(string message) : Exception(message);

using System.Globalization;

namespace Rlhf.Testing;

/// <summary>How much physical memory something needs at its peak, native memory included. Linux only.</summary>
public static class PeakMemory
{
    private const string Status = "/proc/self/status", ClearReferences = "/proc/self/clear_refs";

    /// <summary>Growth of the process in bytes, from before the call to its peak within it; skips where the kernel does not say.</summary>
    public static long Growth(Action action)
    {
        if (!File.Exists(ClearReferences))
            Assert.Skip($"SKIPPED: no {ClearReferences} here, which resets the peak");
        GC.Collect();
        // proc(5): 5 sets the peak to the memory in use.
        File.WriteAllText(ClearReferences, "5");
        long before = Read("VmHWM:");
        action();
        return Read("VmHWM:") - before;
    }

    private static long Read(string name)
    {
        string line = File.ReadLines(Status).First(l => l.StartsWith(name, StringComparison.Ordinal));
        return long.Parse(line.Split([' ', '\t'], StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture) << 10;
    }
}

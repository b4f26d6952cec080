using System.Diagnostics;
using System.Globalization;

namespace Rlhf.Pipeline.Runs;

/// <summary>
/// The most resident memory that a process and all its descendants held together, sampled. Pages that two of them share count
/// twice: the true figure is below.
/// </summary>
public sealed class MemoryUse : IDisposable
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(200);

    private readonly int _root;
    private readonly Timer _timer;
    private long _peak;

    private MemoryUse(int root)
    {
        _root = root;
        Sample();
        _timer = new Timer(_ => Sample(), null, Interval, Interval);
    }

    public long PeakBytes => Interlocked.Read(ref _peak);

    /// <summary>Watches the process with all its descendants until disposed.</summary>
    public static MemoryUse WatchTree(int processId) => new(processId);

    public void Dispose()
    {
        _timer.Dispose();
        Sample();
    }

    /// <summary>Looks now, between two looks by the clock.</summary>
    public void Sample()
    {
        long now = ResidentBytes(_root);
        long before;
        while ((before = Interlocked.Read(ref _peak)) < now && Interlocked.CompareExchange(ref _peak, now, before) != before)
        {
        }
    }

    /// <summary>Bytes resident in the process and its descendants at this moment; 0 when it is gone.</summary>
    public static long ResidentBytes(int processId) => OperatingSystem.IsLinux() ? LinuxTree(processId) : OneProcess(processId);

    private static long OneProcess(int processId)
    {
        try
        {
            using var process = Process.GetProcessById(processId);
            return process.WorkingSet64;
        }
        catch (Exception e) when (e is ArgumentException or InvalidOperationException)
        {
            return 0;
        }
    }

    private static long LinuxTree(int root)
    {
        var parents = new Dictionary<int, (int Parent, long Pages)>();
        foreach (string folder in Directory.EnumerateDirectories("/proc"))
        {
            if (int.TryParse(Path.GetFileName(folder), NumberStyles.None, CultureInfo.InvariantCulture, out int id) && ReadStat(id) is { } stat)
                parents[id] = stat;
        }
        long pages = 0;
        foreach (var (id, stat) in parents)
        {
            int ancestor = id;
            while (ancestor != root && parents.TryGetValue(ancestor, out var up))
                ancestor = up.Parent;
            if (ancestor == root)
                pages += stat.Pages;
        }
        return pages * Environment.SystemPageSize;
    }

    /// <summary>Fields 4 (ppid) and 24 (rss, pages) of /proc/PID/stat; the name in field 2 may hold blanks and brackets.</summary>
    private static (int Parent, long Pages)? ReadStat(int id)
    {
        try
        {
            string text = File.ReadAllText($"/proc/{id}/stat");
            string[] fields = text[(text.LastIndexOf(')') + 2)..].Split(' ');
            return (int.Parse(fields[1], CultureInfo.InvariantCulture), long.Parse(fields[21], CultureInfo.InvariantCulture));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or FormatException)
        {
            return null;
        }
    }
}

using System.Diagnostics;
using System.Globalization;

namespace Rlhf.Pipeline.Runs;

/// <summary>
/// The most resident memory that a process and all its descendants held together, sampled. Pages that two of them share count
/// twice, so the true figure is lower.
/// </summary>
public sealed class MemoryUse : IDisposable
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan MinPause = Interval / 2;

    private readonly int _root;
    private readonly Timer _timer;
    private long _lastSample;
    private long _peak;

    private MemoryUse(int root)
    {
        _root = root;
        Look();
        _timer = new Timer(_ => Look(), null, Interval, Interval);
    }

    public long PeakBytes => Interlocked.Read(ref _peak);

    /// <summary>Watches the process with all its descendants until disposed.</summary>
    public static MemoryUse WatchTree(int processId) => new(processId);

    public void Dispose()
    {
        _timer.Dispose();
        Look();
    }

    /// <summary>Looks now, between two looks by the clock; at most ten times a second, however often it is called.</summary>
    public void Sample()
    {
        long now = Stopwatch.GetTimestamp();
        long before = Interlocked.Read(ref _lastSample);
        if (before == 0 || Stopwatch.GetElapsedTime(before, now) >= MinPause)
        {
            Interlocked.Exchange(ref _lastSample, now);
            Look();
        }
    }

    private void Look()
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
        long pages = 0;
        var tree = new Stack<int>([root]);
        while (tree.TryPop(out int id))
        {
            // The second number of statm: resident pages.
            if (ReadFile($"/proc/{id}/statm") is not { } memory)
                continue;
            pages += long.Parse(memory.Split(' ')[1], CultureInfo.InvariantCulture);
            foreach (int child in Children(id))
                tree.Push(child);
        }
        return pages * Environment.SystemPageSize;
    }

    /// <summary>
    /// The kernel keeps a list of children with each thread: a few small files, instead of all of /proc.
    /// </summary>
    private static IEnumerable<int> Children(int id)
    {
        string[] threads;
        try
        {
            threads = Directory.GetDirectories($"/proc/{id}/task");
        }
        catch (IOException)
        {
            return [];
        }
        return threads.SelectMany(thread => (ReadFile($"{thread}/children") ?? "").Split(' ', StringSplitOptions.RemoveEmptyEntries))
            .Select(child => int.Parse(child, CultureInfo.InvariantCulture));
    }

    /// <summary>Null where the process or thread is gone.</summary>
    private static string? ReadFile(string path)
    {
        try
        {
            return File.ReadAllText(path) is { Length: > 0 } text ? text : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}

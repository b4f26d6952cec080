namespace Rlhf.Benchmarks;

/// <summary>
/// What a server's memory and write-ahead log have grown to under load. Bars of a long run: the median memory of its last third at most
/// 15 % above that of the third before it, and no log above 64 MB (checkpoints begin at 4 MB; beside readers it grows for a while).
/// </summary>
internal sealed class ServerGrowth
{
    private const double BarGrowth = 1.15, BarLogMegabytes = 64, LongSeconds = 600;

    private readonly List<(double Memory, double Log)> _looks = [];

    public string Last => $"server {_looks[^1].Memory:F0} MB, write-ahead log {_looks[^1].Log:F1} MB";

    /// <param name="memory">Of the server, in MB.</param>
    /// <param name="log">The write-ahead log, in MB.</param>
    public void Add(double memory, double log) => _looks.Add((memory, log));

    /// <summary>Judges the run and says how. In a short one the memory is still finding its size.</summary>
    public bool IsBounded(double seconds)
    {
        int third = _looks.Count / 3;
        double log = _looks.Max(look => look.Log);
        double growth = third == 0 ? 1 : Median(_looks[^third..]) / Median(_looks[^(2 * third)..^third]);
        bool isFlat = seconds < LongSeconds || growth <= BarGrowth, isShort = log <= BarLogMegabytes;
        Console.WriteLine($"memory of the last third {growth:F2} of the third before, write-ahead log at most {log:F1} MB; "
            + $"bars: {BarGrowth} in {LongSeconds / 60} minutes and more, {BarLogMegabytes} MB: {(isFlat && isShort ? "kept" : "MISSED")}");
        return isFlat && isShort;
    }

    private static double Median(List<(double Memory, double Log)> looks) =>
        looks.Select(look => look.Memory).Order().ElementAt(looks.Count / 2);
}

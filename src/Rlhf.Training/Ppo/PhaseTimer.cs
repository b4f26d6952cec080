using System.Diagnostics;

namespace Rlhf.Training.Ppo;

/// <summary>Seconds of the phases of an update, which follow each other without a gap from the moment of creation.</summary>
internal sealed class PhaseTimer
{
    private readonly Stopwatch _clock = Stopwatch.StartNew();
    private readonly List<(string Phase, TimeSpan Time)> _phases = [];

    /// <summary>All phases that have ended.</summary>
    public TimeSpan Total { get; private set; }

    /// <summary>Ends the current phase.</summary>
    public void End(string phase)
    {
        TimeSpan now = _clock.Elapsed;
        _phases.Add((phase, now - Total));
        Total = now;
    }

    /// <summary>"seconds/…" for each phase and "seconds/update" for all of them.</summary>
    public void WriteTo(IDictionary<string, double> metrics)
    {
        foreach (var (phase, time) in _phases)
            metrics["seconds/" + phase] = time.TotalSeconds;
        metrics["seconds/update"] = Total.TotalSeconds;
    }
}

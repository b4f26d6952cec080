using System.Diagnostics;

namespace Rlhf.Training.Ppo;

/// <summary>
/// Measures the phases of an update in seconds. The first phase starts at creation, each other one at the end of the previous.
/// </summary>
internal sealed class PhaseTimer
{
    private readonly Stopwatch _clock = Stopwatch.StartNew();
    private readonly List<(string Phase, TimeSpan Time)> _phases = [];

    /// <summary>Total time of all ended phases.</summary>
    public TimeSpan Total { get; private set; }

    /// <summary>Ends the current phase.</summary>
    public void End(string phase)
    {
        TimeSpan now = _clock.Elapsed;
        _phases.Add((phase, now - Total));
        Total = now;
    }

    /// <summary>Adds "seconds/…" for each phase and "seconds/update" for their total.</summary>
    public void WriteTo(IDictionary<string, double> metrics)
    {
        foreach (var (phase, time) in _phases)
            metrics["seconds/" + phase] = time.TotalSeconds;
        metrics["seconds/update"] = Total.TotalSeconds;
    }
}

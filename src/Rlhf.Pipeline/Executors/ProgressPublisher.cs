using System.Diagnostics;
using MassTransit;
using Rlhf.Contracts;
using Rlhf.Pipeline.Runs;

namespace Rlhf.Pipeline.Executors;

/// <summary>Tells the hub how far a run is: twice a second at most, and the end of each phase.</summary>
public sealed class ProgressPublisher(IBus bus, RunLeased leased)
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(500);

    private long _last;

    public void Add(RunLine line)
    {
        if (line is not ProgressLine progress)
            return;
        if (progress.Done < progress.Total && _last != 0 && Stopwatch.GetElapsedTime(_last) < Pause)
            return;
        _last = Stopwatch.GetTimestamp();
        // Not awaited: progress that is lost is no loss.
        _ = bus.Publish(new RunProgressed(leased.PipelineRunId, leased.RunId, leased.Kind, progress.Phase, progress.Done, progress.Total, progress.TokensPerSecond));
    }
}

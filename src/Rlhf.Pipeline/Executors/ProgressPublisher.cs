using System.Diagnostics;
using MassTransit;
using Rlhf.Contracts;
using Rlhf.Pipeline.Runs;

namespace Rlhf.Pipeline.Executors;

/// <summary>
/// Reports the progress of a run to the hub (at most twice a second, and the end of each phase) and its new metrics. Nothing is
/// awaited: a lost message does no harm, since the rows are the truth.
/// </summary>
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
        _ = bus.Publish(new RunProgressed(leased.PipelineRunId, leased.RunId, leased.Kind, progress.Phase, progress.Done, progress.Total,
            progress.TokensPerSecond, progress.Counted));
    }

    /// <summary>To be called when the database of the attempt has them, so that subscribers find them there.</summary>
    public void AddRecorded(MetricsLine metrics) =>
        _ = bus.Publish(new RunMeasured(leased.PipelineRunId, leased.RunId, leased.Kind, metrics.Step,
        metrics.Values.Where(value => double.IsFinite(value.Value)).ToDictionary()));
}

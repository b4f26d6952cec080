using Microsoft.Data.Sqlite;
using Rlhf.Pipeline.Runs;
using Rlhf.Storage.Runs;

namespace Rlhf.Pipeline.Executors;

/// <summary>Writes the metrics and samples that a run's process reports into the database of the attempt. Not thread-safe.</summary>
public sealed class RunRecorder(AttemptFolder attempt) : IDisposable
{
    private readonly RunMetricsWriter _writer = new(attempt.DatabaseFile);

    /// <summary>Takes a line. True where it was metrics, and they and all before stand in the database now.</summary>
    public bool Add(RunLine line)
    {
        switch (line)
        {
            case MetricsLine metrics:
                return _writer.Metrics(metrics.Step, metrics.Values);
            case SamplesLine samples:
                _writer.Samples(samples.Samples.Select((sample, i) => new RunSample(samples.Step, i, sample.Prompt, sample.Completion,
                    sample.Score is { } score ? new Dictionary<string, double> { ["score"] = score } : [])));
                return false;
            default:
                return false;
        }
    }

    /// <summary>Writes what is still held in memory. An attempt counts as completed only after that.</summary>
    public void Flush() => _writer.Flush();

    public void Dispose()
    {
        try
        {
            _writer.Dispose();
        }
        catch (SqliteException)
        {
            // What a completed attempt needs was flushed; of one that failed, the last second of metrics is lost.
        }
    }
}

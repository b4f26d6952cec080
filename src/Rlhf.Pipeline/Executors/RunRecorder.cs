using Rlhf.Pipeline.Runs;
using Rlhf.Storage.Runs;

namespace Rlhf.Pipeline.Executors;

/// <summary>Writes the metrics and samples that a run's process reports into the database of the attempt.</summary>
public sealed class RunRecorder(AttemptFolder attempt) : IDisposable
{
    private readonly RunMetricsWriter _writer = new(attempt.DatabaseFile);

    /// <summary>Not thread-safe.</summary>
    public void Add(RunLine line)
    {
        switch (line)
        {
            case MetricsLine metrics:
                _writer.Metrics(metrics.Step, metrics.Values);
                break;
            case SamplesLine samples:
                _writer.Samples(samples.Samples.Select((sample, i) => new RunSample(samples.Step, i, sample.Prompt, sample.Completion,
                    sample.Score is { } score ? new Dictionary<string, double> { ["score"] = score } : [])));
                break;
        }
    }

    public void Dispose() => _writer.Dispose();
}

using Rlhf.Pipeline.Runs;
using Rlhf.Storage.Runs;

namespace Rlhf.Pipeline.Executors;

/// <summary>Puts what a run's process says of itself into the run's own database.</summary>
public sealed class RunRecorder(RunFolder folder) : IDisposable
{
    private readonly RunMetricsWriter _writer = new(folder.DatabaseFile);

    /// <summary>Not for several threads.</summary>
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

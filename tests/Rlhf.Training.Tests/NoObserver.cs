namespace Rlhf.Training;

/// <summary>Ignores what a trainer reports.</summary>
internal sealed class NoObserver : ITrainingObserver
{
    public void Metrics(int step, IReadOnlyDictionary<string, double> values) { }

    public void Progress(TrainingProgress progress) { }

    public void Samples(int step, IReadOnlyList<TextSample> samples) { }
}

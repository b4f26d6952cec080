using Rlhf.Models.Tokenization;
using Rlhf.Pipeline.Runs;
using Rlhf.Training;

namespace Rlhf.Pipeline.Stages;

/// <summary>Says what a trainer reports as JSON lines.</summary>
public sealed class LineObserver(TextWriter output) : ITrainingObserver
{
    /// <summary>Turns the ids of samples into texts; without it samples are not reported.</summary>
    public ModelTokenizer? Tokenizer { get; set; }

    public void Metrics(int step, IReadOnlyDictionary<string, double> values) => Write(new MetricsLine(step, values));

    public void Progress(TrainingProgress progress) =>
        Write(new ProgressLine(progress.Phase, progress.Done, progress.Total, progress.TokensPerSecond, progress.Counted));

    public void Samples(int step, IReadOnlyList<TextSample> samples)
    {
        if (Tokenizer is { } tokenizer)
            Write(new SamplesLine(step, [.. samples.Select(s => Text(tokenizer, s))]));
    }

    public void Write(RunLine line)
    {
        lock (output)
        {
            output.WriteLine(line.ToJson());
            output.Flush();
        }
    }

    private static SampleText Text(ModelTokenizer tokenizer, TextSample sample) => new(
        tokenizer.Tokenizer.Decode(sample.PromptIds, skipSpecialTokens: true),
        tokenizer.DecodeCompletion(sample.PromptIds, sample.CompletionIds), sample.Score);
}

namespace Rlhf.Training;

/// <summary>The only way out of a trainer while it works. Called on the trainer's own thread: what takes long holds it up.</summary>
public interface ITrainingObserver
{
    /// <summary>Numbers of one step (or update), by name.</summary>
    public void Metrics(int step, IReadOnlyDictionary<string, double> values);

    /// <summary>How far a phase has come.</summary>
    public void Progress(TrainingProgress progress);

    /// <summary>Completions of the evaluation prompts, always the same prompts with the same draws.</summary>
    public void Samples(int step, IReadOnlyList<TextSample> samples);
}

/// <summary>How far a phase has come.</summary>
/// <param name="Phase">What is being done: "train", "evaluate", "ppo".</param>
/// <param name="Done">Steps done.</param>
/// <param name="Total">Steps in all.</param>
/// <param name="TokensPerSecond">Since the phase began.</param>
public sealed record TrainingProgress(string Phase, long Done, long Total, double TokensPerSecond);

/// <summary>A completion of an evaluation prompt.</summary>
/// <param name="Prompt">Which of the evaluation prompts.</param>
/// <param name="PromptIds">Token ids of the prompt.</param>
/// <param name="CompletionIds">Token ids of the completion, its EOS included.</param>
/// <param name="Score">The reward model's, normalized; null where there is none.</param>
public sealed record TextSample(int Prompt, IReadOnlyList<int> PromptIds, IReadOnlyList<int> CompletionIds, double? Score);

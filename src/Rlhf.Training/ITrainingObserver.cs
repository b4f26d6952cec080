namespace Rlhf.Training;

/// <summary>Receives the progress of a trainer. Called on the trainer's thread, so slow calls slow down training.</summary>
public interface ITrainingObserver
{
    /// <summary>Metrics of one step (or PPO update), by name.</summary>
    public void Metrics(int step, IReadOnlyDictionary<string, double> values);

    /// <summary>The progress of a phase.</summary>
    public void Progress(TrainingProgress progress);

    /// <summary>Completions of the evaluation prompts, always for the same prompts and with the same random numbers.</summary>
    public void Samples(int step, IReadOnlyList<TextSample> samples);
}

/// <summary>The progress of a phase.</summary>
/// <param name="Phase">The name of the phase: "train", "evaluate", "ppo".</param>
/// <param name="Done">Steps done.</param>
/// <param name="Total">Total number of steps.</param>
/// <param name="TokensPerSecond">Mean speed since the phase began; padding is never counted.</param>
/// <param name="Counted">Which tokens the speed counts, in the words that a person reads.</param>
public sealed record TrainingProgress(
    string Phase, long Done, long Total, double TokensPerSecond, string Counted = TrainingProgress.AllTokens)
{
    /// <summary>Everything that the model reads: prompts, completions and documents, once in each pass over them.</summary>
    public const string AllTokens = "tokens";

    /// <summary>Prompts and completions, each once, however often the model reads them.</summary>
    public const string PromptAndCompletionTokens = "prompt and completion tokens";

    /// <summary>What is sampled, without the prompts.</summary>
    public const string CompletionTokens = "completion tokens";
}

/// <summary>A completion of an evaluation prompt.</summary>
/// <param name="Prompt">Index of the evaluation prompt.</param>
/// <param name="PromptIds">Token ids of the prompt.</param>
/// <param name="CompletionIds">Token ids of the completion, including its EOS.</param>
/// <param name="Score">Normalized score of the reward model; null if there is none.</param>
public sealed record TextSample(int Prompt, IReadOnlyList<int> PromptIds, IReadOnlyList<int> CompletionIds, double? Score);

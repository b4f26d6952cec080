namespace Rlhf.Training;

/// <summary>A text to learn from: a document (empty prompt), or a prompt and its completion. The completion holds its EOS.</summary>
public sealed record TokenizedText(int[] Prompt, int[] Completion)
{
    /// <summary>A document by itself.</summary>
    public static TokenizedText Document(int[] ids) => new([], ids);
}

/// <summary>A prompt with its ranked completions, each with its EOS where it has one.</summary>
/// <param name="Prompt">Token ids.</param>
/// <param name="Completions">Token ids of each completion.</param>
/// <param name="Ranks">One for each completion: 1 is best, equal ranks tie.</param>
/// <param name="Strength">How clear the judgment was, on the annotators' scale; null = not stated.</param>
/// <param name="Weight">What the ranking counts for in the loss, above 0.</param>
public sealed record TokenizedRanking(
    int[] Prompt, IReadOnlyList<int[]> Completions, IReadOnlyList<int> Ranks, double? Strength = null, double Weight = 1);

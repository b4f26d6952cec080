namespace Rlhf.Training;

/// <summary>A training text: a document (with an empty prompt), or a prompt and its completion, including its EOS.</summary>
public sealed record TokenizedText(int[] Prompt, int[] Completion)
{
    /// <summary>A document without a prompt.</summary>
    public static TokenizedText Document(int[] ids) => new([], ids);
}

/// <summary>A prompt and its ranked completions, including their EOS if they have one.</summary>
/// <param name="Prompt">Token ids.</param>
/// <param name="Completions">Token ids of each completion.</param>
/// <param name="Ranks">One rank per completion: 1 is best, equal ranks are tied.</param>
/// <param name="Strength">Strength of the preference, on the annotators' scale; null = not stated.</param>
/// <param name="Weight">Weight of the ranking in the loss, above 0.</param>
public sealed record TokenizedRanking(
    int[] Prompt, IReadOnlyList<int[]> Completions, IReadOnlyList<int> Ranks, double? Strength = null, double Weight = 1);

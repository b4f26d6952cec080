using Rlhf.Models;

namespace Rlhf.Training.Sft;

/// <summary>Token ids of one training sequence, and which of them enter the loss.</summary>
/// <param name="Ids">Token ids.</param>
/// <param name="IsTarget">Whether each token is predicted and enters the loss; always false for the first.</param>
public sealed record Sequence(int[] Ids, bool[] IsTarget)
{
    /// <summary>The number of tokens that enter the loss.</summary>
    public int Targets { get; } = IsTarget.Count(t => t);
}

/// <summary>Packs or truncates texts to training sequences of bounded length.</summary>
public static class Sequences
{
    /// <summary>
    /// Packing: concatenates the texts and cuts them into sequences of exactly <paramref name="length"/> tokens. The last sequence may be
    /// shorter.
    /// </summary>
    public static IReadOnlyList<Sequence> Packed(IEnumerable<TokenizedText> texts, int length, bool completionOnly)
    {
        List<Sequence> sequences = [];
        List<int> ids = [];
        List<bool> targets = [];
        void Close()
        {
            targets[0] = false;
            if (targets.Contains(true))
                sequences.Add(new Sequence([.. ids], [.. targets]));
            ids.Clear();
            targets.Clear();
        }
        foreach (TokenizedText text in texts)
        {
            int prompt = text.Prompt.Length;
            for (int i = 0; i < prompt + text.Completion.Length; i++)
            {
                ids.Add(i < prompt ? text.Prompt[i] : text.Completion[i - prompt]);
                targets.Add(i >= prompt || !completionOnly);
                if (ids.Count == length)
                    Close();
            }
        }
        if (ids.Count > 0)
            Close();
        return sequences;
    }

    /// <summary>
    /// One sequence per text, truncated to <paramref name="length"/> tokens (see <see cref="Truncate"/>). Texts without a token to predict
    /// are left out.
    /// </summary>
    public static IReadOnlyList<Sequence> OnePerText(IEnumerable<TokenizedText> texts, int length, bool completionOnly, int? bosId = null)
    {
        List<Sequence> sequences = [];
        foreach (TokenizedText text in texts)
        {
            var (prompt, completion) = Truncate(text.Prompt, text.Completion, length, bosId);
            bool[] targets = [.. Enumerable.Range(0, prompt.Length + completion.Length)
                .Select(i => i > 0 && (i >= prompt.Length || !completionOnly))];
            if (targets.Contains(true))
                sequences.Add(new Sequence([.. prompt, .. completion], targets));
        }
        return sequences;
    }

    /// <summary>
    /// Truncates prompt and completion to <paramref name="length"/> tokens together: first the prompt on the left, down to one token, then
    /// the completion on the right. A prompt that begins with <paramref name="bosId"/> keeps it.
    /// </summary>
    public static (int[] Prompt, int[] Completion) Truncate(int[] prompt, int[] completion, int length, int? bosId = null)
    {
        int over = prompt.Length + completion.Length - length;
        if (over <= 0)
            return (prompt, completion);
        int kept = Math.Max(Math.Min(1, prompt.Length), prompt.Length - over);
        int[] shorter = TokenRows.TruncateLeft(prompt, kept, bosId);
        return (shorter, completion[..Math.Min(completion.Length, length - shorter.Length)]);
    }
}

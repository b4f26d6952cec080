using Rlhf.Models;

namespace Rlhf.Training.Sft;

/// <summary>Token ids to read, and which of them are to be predicted from those before.</summary>
/// <param name="Ids">Token ids.</param>
/// <param name="IsTarget">Of the same length; the first is never one.</param>
public sealed record Sequence(int[] Ids, bool[] IsTarget)
{
    /// <summary>How many tokens are predicted.</summary>
    public int Targets { get; } = IsTarget.Count(t => t);
}

/// <summary>From texts to sequences of a bounded length.</summary>
public static class Sequences
{
    /// <summary>
    /// The texts laid end to end and cut into sequences of exactly <paramref name="length"/> tokens; what is left over at the end
    /// makes a shorter one.
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
    /// One sequence a text. Where it is longer than <paramref name="length"/>, the prompt loses its beginning (except
    /// <paramref name="bosId"/>), then the completion its end. A text without anything to predict makes none.
    /// </summary>
    public static IReadOnlyList<Sequence> OneEach(IEnumerable<TokenizedText> texts, int length, bool completionOnly, int? bosId = null)
    {
        List<Sequence> sequences = [];
        foreach (TokenizedText text in texts)
        {
            var (prompt, completion) = Fit(text.Prompt, text.Completion, length, bosId);
            bool[] targets = [.. Enumerable.Range(0, prompt.Length + completion.Length)
                .Select(i => i > 0 && (i >= prompt.Length || !completionOnly))];
            if (targets.Contains(true))
                sequences.Add(new Sequence([.. prompt, .. completion], targets));
        }
        return sequences;
    }

    /// <summary>
    /// Cuts prompt and completion to <paramref name="length"/> tokens together: the prompt's beginning goes first, down to one token, then
    /// the completion's end. A prompt that begins with <paramref name="bosId"/> keeps it.
    /// </summary>
    public static (int[] Prompt, int[] Completion) Fit(int[] prompt, int[] completion, int length, int? bosId = null)
    {
        int over = prompt.Length + completion.Length - length;
        if (over <= 0)
            return (prompt, completion);
        int kept = Math.Max(Math.Min(1, prompt.Length), prompt.Length - over);
        int[] shorter = TokenRows.KeepEnd(prompt, kept, bosId);
        return (shorter, completion[..Math.Min(completion.Length, length - shorter.Length)]);
    }
}

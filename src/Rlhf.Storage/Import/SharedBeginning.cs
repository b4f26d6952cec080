using Rlhf.Core;
using Rlhf.Core.Content;

namespace Rlhf.Storage.Import;

/// <summary>Pairs in which prompt and completion are one: the prompt is what both have in common at their beginning.</summary>
public static class SharedBeginning
{
    /// <summary>
    /// Splits two conversations before the assistant's message at which they part. Where they part at a message of the user,
    /// the split is before the last reply that they share, so that both completions begin with the assistant. Where one is
    /// the beginning of the other, its last reply is its completion.
    /// </summary>
    /// <exception cref="UserError">There is nothing in common, or one of them does not end with the assistant.</exception>
    public static ImportedJudgment OfConversations(IReadOnlyList<Message> chosen, IReadOnlyList<Message> rejected)
    {
        var (prompt, first, second) = Split(chosen, rejected);
        return ImportedJudgment.FromPair(prompt, first, second);
    }

    /// <summary>The same for two conversations of which none is better.</summary>
    internal static (IReadOnlyList<Message> Prompt, IReadOnlyList<Message> First, IReadOnlyList<Message> Second) Split(
        IReadOnlyList<Message> chosen, IReadOnlyList<Message> rejected)
    {
        if (chosen is not [.., { Role: Message.Assistant }] || rejected is not [.., { Role: Message.Assistant }])
            throw new UserError("a conversation that does not end with the assistant: there is no completion to judge");
        int cut = 0, most = Math.Min(chosen.Count, rejected.Count) - 1;
        while (cut < most && ImportedJudgment.Same([chosen[cut]], [rejected[cut]]))
            cut++;
        while (cut > 0 && (chosen[cut].Role != Message.Assistant || rejected[cut].Role != Message.Assistant))
            cut--;
        if (cut == 0 && !(chosen.Count == 1 && rejected.Count == 1))
            throw new UserError("the two conversations have no beginning in common: there is no prompt that both complete");
        return ([.. chosen.Take(cut)], [.. chosen.Skip(cut)], [.. rejected.Skip(cut)]);
    }

    /// <summary>
    /// Splits two texts as TRL's extract_prompt does: at the first character that differs; a space before it belongs to the
    /// completions, and neither of them is cut to nothing.
    /// </summary>
    public static ImportedJudgment OfTexts(string chosen, string rejected)
    {
        int common = chosen.AsSpan().CommonPrefixLength(rejected);
        int shorter = Math.Min(chosen.Length, rejected.Length);
        int cut = common == shorter ? Math.Max(0, shorter - 1) : common;
        // Not between the halves of a surrogate pair.
        if (cut > 0 && cut < chosen.Length && char.IsLowSurrogate(chosen[cut]) && char.IsHighSurrogate(chosen[cut - 1]))
            cut--;
        if (cut > 0 && common < shorter && chosen[cut - 1] == ' ')
            cut--;
        return ImportedJudgment.FromTexts(chosen[..cut], chosen[cut..], rejected[cut..]);
    }
}

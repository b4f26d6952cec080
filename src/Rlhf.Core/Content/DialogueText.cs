using System.Text;

namespace Rlhf.Core.Content;

/// <summary>
/// Dialogues as plain text in the notation of hh-rlhf (Bai et al. 2022): each turn is a blank line, "Human:" or "Assistant:", a
/// space and the message. Used for models without a chat template and for files that hold dialogues in this notation.
/// </summary>
public static class DialogueText
{
    private const string Human = "\n\nHuman:", Assistant = "\n\nAssistant:";

    /// <summary>The turns of a text; null if it does not begin with a turn. One space after the colon is part of the notation.</summary>
    public static IReadOnlyList<Message>? TryParse(string text)
    {
        if (!text.StartsWith(Human, StringComparison.Ordinal) && !text.StartsWith(Assistant, StringComparison.Ordinal))
            return null;
        var turns = new List<Message>();
        for (int start = 0; start < text.Length;)
        {
            bool human = text.AsSpan(start).StartsWith(Human);
            start += human ? Human.Length : Assistant.Length;
            int end = NextTurn(text, start);
            string said = text[start..end];
            turns.Add(Message.FromText(human ? Message.User : Message.Assistant, said.StartsWith(' ') ? said[1..] : said));
            start = end;
        }
        return turns;
    }

    /// <summary>The prompt as text for a model to continue: its turns, then the "Assistant:" header.</summary>
    public static string Prompt(IReadOnlyList<Message> messages)
    {
        var text = new StringBuilder();
        foreach (var message in messages)
            AppendTurn(text, message);
        return text.Append(Assistant).ToString();
    }

    /// <summary>The text that follows <see cref="Prompt"/>: the reply with its leading space, then any further turns.</summary>
    public static string Reply(IReadOnlyList<Message> messages)
    {
        var text = new StringBuilder();
        if (messages is [{ Role: Message.Assistant } first, ..])
            text.Append(' ').Append(first.AllText());
        foreach (var message in messages.Skip(text.Length > 0 ? 1 : 0))
            AppendTurn(text, message);
        return text.ToString();
    }

    private static void AppendTurn(StringBuilder text, Message message) =>
        text.Append("\n\n").Append(Speaker(message.Role)).Append(": ").Append(message.AllText());

    private static string Speaker(string role) => role switch
    {
        Message.User => "Human",
        "" => "",
        _ => char.ToUpperInvariant(role[0]) + role[1..],
    };

    private static int NextTurn(string text, int from)
    {
        int human = text.IndexOf(Human, from, StringComparison.Ordinal),
            assistant = text.IndexOf(Assistant, from, StringComparison.Ordinal);
        return Math.Min(human < 0 ? text.Length : human, assistant < 0 ? text.Length : assistant);
    }
}

using System.Globalization;
using System.Text.Json;
using Rlhf.Core;
using Rlhf.Core.Content;
using Rlhf.Storage.Exchange.Formats;

namespace Rlhf.Storage.Import;

/// <summary>
/// Reads a line of a file of judgments. What the line holds decides how it is read:
/// <list type="bullet">
/// <item>{prompt, chosen, rejected}, TRL's explicit preference: texts, or lists of {role, content};</item>
/// <item>{chosen, rejected}, TRL's implicit preference: the prompt is what both have in common; texts that begin with
/// "\n\nHuman:" are dialogues (hh-rlhf) and become messages;</item>
/// <item>{prompt, chosen, rejected} with a text as the prompt and conversations that repeat it (UltraFeedback binarized); equal
/// score_chosen and score_rejected are a tie;</item>
/// <item>{prompt, completions, ranks}: the rankings.jsonl of a dataset version.</item>
/// </list>
/// </summary>
public static class JudgmentLine
{
    internal const string Expected = "an object with 'chosen' and 'rejected'";

    /// <exception cref="UserError">Not such a line; the caller adds its number.</exception>
    public static ImportedJudgment Parse(ReadOnlyMemory<byte> line) =>
        JsonRow.Parse(line, Read, Expected);

    internal static ImportedJudgment Read(JsonElement row) => row.TryGetProperty("ranks", out _) ? Ranking(row) : Preference(row);

    private static ImportedJudgment Preference(JsonElement row)
    {
        JsonElement chosen = row.Required("chosen"), rejected = row.Required("rejected");
        bool texts = Kind(chosen, "chosen") == JsonValueKind.String;
        if (texts != (Kind(rejected, "rejected") == JsonValueKind.String))
            throw new UserError("one of 'chosen' and 'rejected' is a text, the other a conversation");
        if (!row.TryGetProperty("prompt", out var prompt))
        {
            return texts
                ? Implicit(chosen.GetString()!, rejected.GetString()!)
                : SharedBeginning.OfConversations(Conversation.Read(chosen), Conversation.Read(rejected));
        }
        bool promptIsText = Kind(prompt, "prompt") == JsonValueKind.String;
        if (promptIsText && texts)
            return ImportedJudgment.FromTexts(prompt.GetString()!, chosen.GetString()!, rejected.GetString()!);
        if (!promptIsText && !texts)
            return ImportedJudgment.FromPair(Conversation.Read(prompt), Conversation.Read(chosen), Conversation.Read(rejected));
        if (!promptIsText)
            throw new UserError("'prompt' is a conversation, 'chosen' and 'rejected' are texts");
        var judgment = SharedBeginning.OfConversations(Conversation.Read(chosen), Conversation.Read(rejected));
        if (judgment.Prompt.All(message => message.AllText() != prompt.GetString()))
            throw new UserError("'prompt' is a text that the conversations of 'chosen' and 'rejected' do not begin with");
        return Number(row, "score_chosen") is { } score && score == Number(row, "score_rejected")
            ? judgment with { Ranks = [1, 1] }
            : judgment;
    }

    private static ImportedJudgment Implicit(string chosen, string rejected) =>
        DialogueText.TryParse(chosen) is { } one && DialogueText.TryParse(rejected) is { } other
            ? SharedBeginning.OfConversations(one, other)
            : SharedBeginning.OfTexts(chosen, rejected);

    private static ImportedJudgment Ranking(JsonElement row)
    {
        var completions = row.List("completions").Select(c => Conversation.ReadOrText(c, "completions", Message.Assistant)).ToList();
        int[] ranks = [.. row.List("ranks").Select(r => r.ValueKind == JsonValueKind.Number && r.TryGetInt32(out int rank) && rank >= 1
            ? rank : throw new UserError($"'ranks' must be integers from 1; got {r.GetRawText()}"))];
        if (ranks.Length != completions.Count || ranks.Length < 2)
            throw new UserError(
                $"{completions.Count} completions and {ranks.Length} ranks; expected two or more completions with one rank each");
        if (row.TryGetProperty("weight", out var given) && given.ValueKind is not (JsonValueKind.Number or JsonValueKind.Null))
            throw new UserError($"'weight' must be a number; got {given.GetRawText()}");
        // An annotation has no weight, and one that is dropped in silence changes what a reward model learns.
        if (Number(row, "weight") is { } weight && weight != 1)
        {
            throw new UserError(string.Create(CultureInfo.InvariantCulture, $"'weight' is {weight}, which an import does not keep: ")
                + "train on the file itself (rankings: FILE of the reward stage), or give the weights of prompts in collect.weights");
        }
        bool simulated = row.TryGetProperty("simulated", out var flag) && flag.ValueKind == JsonValueKind.True;
        return new ImportedJudgment(Conversation.ReadOrText(row.Required("prompt"), "prompt", Message.User), completions, ranks,
            Number(row, "strength"), simulated);
    }

    private static JsonValueKind Kind(JsonElement value, string name) => value.ValueKind is JsonValueKind.String or JsonValueKind.Array
        ? value.ValueKind
        : throw new UserError($"'{name}' must be a text or a list of messages");

    private static double? Number(JsonElement row, string name) =>
        row.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Number && double.IsFinite(value.GetDouble())
            ? value.GetDouble()
            : null;
}

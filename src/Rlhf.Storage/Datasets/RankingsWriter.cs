using System.Security.Cryptography;
using System.Text.Json;
using Rlhf.Core.Content;
using Rlhf.Core.Files;
using Rlhf.Storage.Json;

namespace Rlhf.Storage.Datasets;

/// <summary>Writes the rankings.jsonl of a dataset version.</summary>
internal static class RankingsWriter
{
    /// <param name="path">Written beside and renamed.</param>
    /// <param name="lines">In the order of their content.</param>
    /// <param name="manifest">Weights and the share that is held out.</param>
    /// <param name="dialogues">
    /// Whether any content is more than plain text: then everything is written as messages, so that one file is read in one way.
    /// </param>
    public static MaterializedDataset Write(string path, IEnumerable<RankedContent> lines, Manifest manifest, bool dialogues)
    {
        int train = 0, heldOut = 0, simulated = 0;
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        AtomicFile.Write(path, stream =>
        {
            foreach (var line in lines)
            {
                bool held = PromptSplit.Side(line.SplitText, manifest.HeldOut) == PromptSide.HeldOut;
                heldOut += held ? 1 : 0;
                train += held ? 0 : 1;
                simulated += line.Simulated ? 1 : 0;
                byte[] bytes = [.. Line(line, manifest, held, dialogues), (byte)'\n'];
                hash.AppendData(bytes);
                stream.Write(bytes);
            }
        });
        return new MaterializedDataset(train, heldOut, simulated, Convert.ToHexStringLower(hash.GetHashAndReset()));
    }

    /// <summary>Whether prompt and completions are plain texts.</summary>
    public static bool IsPlain(RankedContent content) => IsText(content.Prompt) && content.Completions.All(c => IsText(c.Json));

    private static byte[] Line(RankedContent line, Manifest manifest, bool held, bool dialogues)
    {
        string key = DatasetRequest.PromptKey(line.SplitText);
        return JsonSerializer.SerializeToUtf8Bytes(new
        {
            prompt = Content(line.Prompt, dialogues),
            completions = line.Completions.Select(completion => Content(completion.Json, dialogues)),
            ranks = line.Ranks,
            strength = line.Strength,
            split = held ? "heldOut" : "train",
            simulated = line.Simulated,
            weight = manifest.Weights.GetValueOrDefault(key, 1) * line.Share,
            promptHash = key,
            ids = line.Completions.All(c => c.Ids is not null) ? line.Completions.Select(c => c.Ids) : null,
            // What learns never sees it.
            gold = held && line.Completions.All(c => c.Gold is not null) ? line.Completions.Select(c => c.Gold) : null,
        }, ContentJson.Settings);
    }

    private static bool IsText(string json) =>
        !json.StartsWith('[') || ContentJson.PlainText(ContentJson.Read<IReadOnlyList<Message>>(json)) is not null;

    private static object Content(string json, bool dialogues)
    {
        if (!json.StartsWith('['))
            return RankedContent.Raw(json);
        var messages = ContentJson.Read<IReadOnlyList<Message>>(json);
        if (!dialogues)
            return ContentJson.PlainText(messages)!;
        return messages.Select(message => new
        {
            role = message.Role,
            content = message.Parts is [{ Type: PartType.Text, Text: { } text }] ? text : (object)message.Parts,
        });
    }
}

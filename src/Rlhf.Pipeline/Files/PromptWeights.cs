using System.Globalization;
using System.Text.Json;
using Rlhf.Core;
using Rlhf.Definitions;
using Rlhf.Storage.Datasets;

namespace Rlhf.Pipeline.Files;

/// <summary>
/// Reads a file of prompt weights: JSON Lines of {"prompt", "weight"} or {"promptHash", "weight"}, the hash as in
/// <c>rankings.jsonl</c>. A weight is above 0.
/// </summary>
public static class PromptWeights
{
    private const string Prompt = "prompt";
    private const string PromptHash = "promptHash";
    private const string Weight = "weight";

    private static readonly string[] Names = [Prompt, PromptHash, Weight];

    /// <summary>The weights by <see cref="DatasetRequest.PromptKey"/>; prompts that differ only in case or white space are one.</summary>
    /// <exception cref="UserError">No such file, a line that is no weight, or two weights of one prompt: with file and line.</exception>
    public static IReadOnlyDictionary<string, double> Read(string path)
    {
        var weights = new Dictionary<string, (double Weight, int Number)>(StringComparer.Ordinal);
        foreach (var (number, place, (key, weight)) in ObjectLines.Read(
            path, Names, "{\"prompt\": \"text\", \"weight\": number}", (line, place) => (Key(line, place), Value(line, place))))
        {
            if (!weights.TryAdd(key, (weight, number)) && weights[key] is var known && known.Weight != weight)
            {
                throw new UserError($"{place}: weight is {Number(weight)} here and {Number(known.Weight)} on line {known.Number}, "
                    + "which has the same prompt");
            }
        }
        return weights.ToDictionary(w => w.Key, w => w.Value.Weight, StringComparer.Ordinal);
    }

    private static string Key(JsonElement line, string place)
    {
        bool named = line.TryGetProperty(Prompt, out var prompt), hashed = line.TryGetProperty(PromptHash, out var hash);
        if (named == hashed)
            throw new UserError($"{place}: give \"{Prompt}\" or \"{PromptHash}\", one of the two");
        if (named)
        {
            return prompt.ValueKind == JsonValueKind.String
                ? DatasetRequest.PromptKey(prompt.GetString()!)
                : throw new UserError($"{place}: prompt must be a text; "
                    + $"for a conversation give the \"{PromptHash}\" of its lines in rankings.jsonl");
        }
        return hash.ValueKind == JsonValueKind.String && hash.GetString() is { Length: 64 } hex && hex.All(char.IsAsciiHexDigitLower)
            ? hex
            : throw new UserError($"{place}: promptHash must be a SHA-256 in lower-case hex, as in rankings.jsonl; "
                + $"got {OneLine.Quote(hash.GetRawText())}");
    }

    private static double Value(JsonElement line, string place)
    {
        if (!line.TryGetProperty(Weight, out var value))
            throw new UserError($"{place}: \"{Weight}\" is missing; it is a number above 0");
        return value.ValueKind == JsonValueKind.Number && value.GetDouble() is var weight
            && weight is >= RankingLine.MinWeight and <= RankingLine.MaxWeight
            ? weight
            : throw new UserError(
                $"{place}: weight must be a number {RankingLine.WeightLimits}; got {OneLine.Quote(value.GetRawText())}");
    }

    private static string Number(double value) => value.ToString(CultureInfo.InvariantCulture);
}

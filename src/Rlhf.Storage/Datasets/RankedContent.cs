using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Rlhf.Core.Content;
using Rlhf.Storage.Entities;
using Rlhf.Storage.Json;

namespace Rlhf.Storage.Datasets;

/// <summary>
/// What an annotation says, free of ids, times and the order in which it was entered: the prompt, the ranked completions in
/// the ordinal order of their content, and their ranks.
/// </summary>
internal sealed record RankedContent
{
    /// <summary>The prompt's messages as JSON; "null" where there is none.</summary>
    public required string Prompt { get; init; }

    /// <summary>Completions as JSON, sorted.</summary>
    public required IReadOnlyList<string> Completions { get; init; }

    /// <summary>1 is best, equal is a tie, without gaps.</summary>
    public required IReadOnlyList<int> Ranks { get; init; }

    public double? Strength { get; init; }

    public bool Simulated { get; init; }

    /// <summary>The prompt's text, for the split.</summary>
    public required string PromptText { get; init; }

    /// <summary>The canonical content as a line of JSON.</summary>
    public string Canonical { get; private init; } = "";

    /// <summary>SHA-256 of <see cref="Canonical"/>.</summary>
    public string Key { get; private init; } = "";

    /// <summary>What was ranked, whatever the ranking: rankings of the same content can be aggregated.</summary>
    public string Subject => Prompt + "\n" + string.Join('\n', Completions);

    /// <summary>The content of an answer, or null where it ranks fewer than two completions.</summary>
    public static RankedContent? From(IReadOnlyList<Message>? context, IReadOnlyList<Completion> completions, Answer answer, bool simulated)
    {
        var ranked = (answer.Ranking ?? [])
            .SelectMany((group, rank) => group.Select(index => (Json: CompletionJson(completions[index]), Rank: rank + 1)));
        return Create(ContentJson.Write(context), ContentJson.AllText(context), ranked, answer.Strength, simulated);
    }

    public static RankedContent? Create(string prompt, string promptText, IEnumerable<(string Json, int Rank)> ranked, double? strength, bool simulated)
    {
        var sorted = ranked.OrderBy(c => c.Json, StringComparer.Ordinal).ThenBy(c => c.Rank).ToList();
        if (sorted.Count < 2)
            return null;
        var content = new RankedContent
        {
            Prompt = prompt,
            PromptText = promptText,
            Completions = [.. sorted.Select(c => c.Json)],
            Ranks = [.. sorted.Select(c => c.Rank)],
            Strength = strength,
            Simulated = simulated,
        };
        string canonical = ContentJson.Write(new
        {
            prompt = Raw(content.Prompt),
            completions = content.Completions.Select(Raw),
            ranks = content.Ranks,
            strength,
            simulated,
        });
        return content with { Canonical = canonical, Key = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(canonical))) };
    }

    private static string CompletionJson(Completion completion) => completion.Context is null
        ? ContentJson.Write(completion.Content)
        : ContentJson.Write(new { content = completion.Content, context = completion.Context });

    internal static JsonElement Raw(string json)
    {
        using var document = JsonDocument.Parse(json);
        return document.RootElement.Clone();
    }
}

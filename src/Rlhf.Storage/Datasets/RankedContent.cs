using System.Buffers;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Rlhf.Storage.Entities;

namespace Rlhf.Storage.Datasets;

/// <summary>
/// What an annotation says, free of ids, times and the order in which it was entered: the prompt, the ranked completions in
/// the ordinal order of their content, and their ranks.
/// </summary>
internal sealed record RankedContent
{
    /// <summary>The prompt's messages as JSON; "null" where there is none.</summary>
    public required string Prompt { get; init; }

    /// <summary>Sorted by content.</summary>
    public required IReadOnlyList<RankedCompletion> Completions { get; init; }

    /// <summary>One per completion: 1 is best, equal ranks are a tie, without gaps.</summary>
    public required IReadOnlyList<int> Ranks { get; init; }

    public double? Strength { get; init; }

    public bool Simulated { get; init; }

    /// <summary>What decides the side of the held-out split: <see cref="TaskContent.SplitText"/>.</summary>
    public required string SplitText { get; init; }

    /// <summary>Beside the weight of its prompt: the share of a soft label.</summary>
    public double Share { get; init; } = 1;

    /// <summary>The canonical content as a line of JSON: {prompt, completions, ranks, strength?, simulated}, UTF-8.</summary>
    public byte[] Canonical()
    {
        var json = new ArrayBufferWriter<byte>();
        using var writer = new Utf8JsonWriter(json);
        writer.WriteStartObject();
        writer.WritePropertyName("prompt");
        writer.WriteRawValue(Prompt, skipInputValidation: true);
        writer.WriteStartArray("completions");
        foreach (var completion in Completions)
            writer.WriteRawValue(completion.Json, skipInputValidation: true);
        writer.WriteEndArray();
        writer.WriteStartArray("ranks");
        foreach (int rank in Ranks)
            writer.WriteNumberValue(rank);
        writer.WriteEndArray();
        if (Strength is { } strength)
            writer.WriteNumber("strength", strength);
        writer.WriteBoolean("simulated", Simulated);
        writer.WriteEndObject();
        writer.Flush();
        return json.WrittenSpan.ToArray();
    }

    /// <summary>SHA-256 of <see cref="Canonical"/>.</summary>
    public Digest Key() => Digest.Compute(Canonical());

    /// <summary>SHA-256 of what was ranked, whatever the ranking: rankings of the same content can be aggregated.</summary>
    public Digest Subject()
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(Encoding.UTF8.GetBytes(Prompt));
        foreach (var completion in Completions)
            hash.AppendData(Encoding.UTF8.GetBytes("\n" + completion.Json));
        return Digest.Finish(hash);
    }

    /// <summary>The same completions, ranked otherwise.</summary>
    public RankedContent Rerank(IReadOnlyList<int> ranks, double? strength, bool simulated) =>
        Create(Prompt, SplitText, Completions.Zip(ranks), strength, simulated)!;

    /// <summary>The content of an answer, or null where it ranks fewer than two completions.</summary>
    public static RankedContent? Create(TaskContent task, Answer answer, bool simulated)
    {
        var ranked = (answer.Ranking ?? []).SelectMany((group, rank) => group.Select(index => (task.Completions[index].Ranked, rank + 1)));
        return Create(task.Prompt, task.SplitText, ranked, answer.Strength, simulated);
    }

    private static RankedContent? Create(
        string prompt, string split, IEnumerable<(RankedCompletion Completion, int Rank)> ranked, double? strength, bool simulated)
    {
        var sorted = ranked.OrderBy(c => c.Completion.Json, StringComparer.Ordinal).ThenBy(c => c.Rank)
            .ThenBy(c => c.Completion.Ids, TokenOrder.Instance).ToList();
        return sorted.Count < 2 ? null : new RankedContent
        {
            Prompt = prompt,
            SplitText = split,
            Completions = [.. sorted.Select(c => c.Completion)],
            Ranks = [.. sorted.Select(c => c.Rank)],
            Strength = strength,
            Simulated = simulated,
        };
    }

    internal static JsonElement Raw(string json)
    {
        using var document = JsonDocument.Parse(json);
        return document.RootElement.Clone();
    }

    /// <summary>Equal texts with other tokens stand in the order of their tokens.</summary>
    private sealed class TokenOrder : IComparer<IReadOnlyList<int>?>
    {
        public static TokenOrder Instance { get; } = new();

        public int Compare(IReadOnlyList<int>? x, IReadOnlyList<int>? y)
        {
            int different = (x ?? []).Zip(y ?? []).Select(pair => pair.First.CompareTo(pair.Second)).FirstOrDefault(order => order != 0);
            return different != 0 ? different : (x?.Count ?? -1).CompareTo(y?.Count ?? -1);
        }
    }
}

/// <summary>A completion of a ranking.</summary>
/// <param name="Json">Its content, and its own context where it has one.</param>
/// <param name="Ids">The token ids that were sampled.</param>
/// <param name="Gold">Its gold reward, where that is asked for and known.</param>
internal sealed record RankedCompletion(string Json, IReadOnlyList<int>? Ids = null, double? Gold = null);

/// <summary>Content with the salt of the revision that says it.</summary>
internal sealed record SaltedContent(RankedContent Content, byte[]? Salt)
{
    /// <summary>
    /// What a dataset version keeps: SHA-256 of salt and canonical content. A ranking of four completions is one of 75, which
    /// are soon tried; without the salt, which an erasure removes, the hash gives nothing away.
    /// </summary>
    public Digest Hash { get; } = Digest.Compute([.. Salt ?? [], .. Content.Canonical()]);
}

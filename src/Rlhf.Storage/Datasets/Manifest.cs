using System.Text.Json;
using System.Text.Json.Serialization;
using Rlhf.Storage.Json;
using Rlhf.Storage.Labeling;

namespace Rlhf.Storage.Datasets;

/// <summary>What a dataset version is: hashes of contents in canonical order and how they are used. No ids, no times, no people.</summary>
internal sealed record Manifest
{
    public int Format { get; init; } = 1;

    public required string Question { get; init; }

    public Aggregation Aggregation { get; init; }

    public bool People { get; init; }

    public bool Simulated { get; init; }

    public double HeldOut { get; init; }

    /// <summary>Weights other than 1 of prompts that are in it.</summary>
    public required SortedDictionary<string, double> Weights { get; init; }

    /// <summary>Hashes of contents, sorted; the same one as often as it was given.</summary>
    public required IReadOnlyList<string> Annotations { get; init; }

    [JsonIgnore]
    public string Json => ContentJson.Write(this);

    [JsonIgnore]
    public string Name => TaskEntry.Hash(Json);

    public static Manifest Create(DatasetRequest request, IEnumerable<RankedContent> contents)
    {
        var all = contents.ToList();
        var prompts = all.Select(c => DatasetRequest.PromptKey(c.PromptText)).ToHashSet(StringComparer.Ordinal);
        return new Manifest
        {
            Question = request.Question,
            Aggregation = request.Aggregation,
            People = request.People,
            Simulated = request.Simulated,
            HeldOut = request.HeldOut,
            Weights = new SortedDictionary<string, double>(request.Weights.Where(w => w.Value != 1 && prompts.Contains(w.Key)).ToDictionary(w => w.Key, w => w.Value), StringComparer.Ordinal),
            Annotations = [.. all.Select(c => c.Key).Order(StringComparer.Ordinal)],
        };
    }

    public static Manifest Parse(string json) => JsonSerializer.Deserialize<Manifest>(json, ContentJson.Settings)!;
}

using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Serialization;
using Rlhf.Core;
using Rlhf.Core.Options;
using Rlhf.Storage.Entities;
using Rlhf.Storage.Json;
using Rlhf.Storage.Labeling;

namespace Rlhf.Storage.Datasets;

/// <summary>
/// What a dataset version is: which contents, by a hash over the salted hashes of its entries, and how they are used. No ids, no
/// times, no people; nothing in it gives a ranking away after its salt was erased.
/// </summary>
internal sealed record Manifest
{
    public const int CurrentFormat = 2;

    public int Format { get; init; } = CurrentFormat;

    public required string Question { get; init; }

    public Aggregation Aggregation { get; init; }

    public bool People { get; init; }

    public bool Simulated { get; init; }

    public double HeldOut { get; init; }

    /// <summary>Weights other than 1 of prompts that are in it.</summary>
    public required SortedDictionary<string, double> Weights { get; init; }

    /// <summary>How many annotation revisions.</summary>
    public int Count { get; init; }

    /// <summary>SHA-256 over the hashes of all entries, sorted.</summary>
    public string? Root { get; init; }

    /// <summary>In format 1: the hash of each content, sorted.</summary>
    public IReadOnlyList<string>? Annotations { get; init; }

    [JsonIgnore]
    public string Json => ContentJson.Write(this);

    [JsonIgnore]
    public string Name => TaskEntry.Hash(Json);

    /// <param name="request">What was asked for.</param>
    /// <param name="entries">In any order.</param>
    /// <param name="weighted">The keys of those prompts among them that the request has a weight for.</param>
    public static Manifest Create(DatasetRequest request, IReadOnlyCollection<VersionEntry> entries, IReadOnlySet<string> weighted) => new()
    {
        Question = request.Question,
        Aggregation = request.Aggregation,
        People = request.People,
        Simulated = request.Simulated,
        HeldOut = request.HeldOut,
        Weights = new SortedDictionary<string, double>(
            request.Weights.Where(w => w.Value != 1 && weighted.Contains(w.Key)).ToDictionary(w => w.Key, w => w.Value),
            StringComparer.Ordinal),
        Count = entries.Count,
        Root = RootOf(entries.Select(e => e.Hash)),
    };

    /// <exception cref="UserError">The manifest was erased: those of the first format hold hashes without a salt.</exception>
    public static Manifest Parse(DatasetVersion version) => version.Manifest != "{}"
        ? JsonSerializer.Deserialize<Manifest>(version.Manifest, ContentJson.Settings)!
        : throw new UserError($"dataset version {version.Id} cannot be used any more: "
            + "an annotation in it was erased, and it is of a format whose manifest had to go with it");

    private static string RootOf(IEnumerable<Digest> entries)
    {
        Digest[] sorted = [.. entries];
        Array.Sort(sorted);
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        Span<byte> bytes = stackalloc byte[SHA256.HashSizeInBytes];
        foreach (var entry in sorted)
        {
            entry.Write(bytes);
            hash.AppendData(bytes);
        }
        return Digest.Finish(hash).ToString();
    }
}

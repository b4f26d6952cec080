using System.Globalization;
using Microsoft.EntityFrameworkCore;
using Rlhf.Core;
using Rlhf.Core.Content;
using Rlhf.Storage.Entities;

namespace Rlhf.Storage.Datasets;

/// <summary>
/// Dataset versions: made from annotations, named by their content, written out for the run that uses them. Reading happens in
/// a snapshot beside the database's writer; the write lock is held for a few milliseconds at a time.
/// </summary>
public sealed class DatasetVersions(RlhfDatabase database, TimeProvider? clock = null)
{
    private const int ShownDigits = 12;

    private readonly TimeProvider _clock = clock ?? TimeProvider.System;

    /// <summary>Fixes the newest revision of every annotation that is asked for. The same annotations always get the same name.</summary>
    /// <exception cref="UserError">Nothing is there, or a share or weight is out of range.</exception>
    public async Task<DatasetInfo> CreateAsync(DatasetRequest request, CancellationToken cancellation = default)
    {
        Check(request);
        var (row, entries, erasures) = await CollectAsync(request, cancellation);
        var version = await database.WriteAsync(async db =>
        {
            if (await db.DatasetVersions.SingleOrDefaultAsync(v => v.Name == row.Name, cancellation) is { } known)
                return known;
            db.DatasetVersions.Add(row);
            return row;
        }, cancellation);
        await VersionEntries.AddAsync(database, version.Id, entries, erasures, cancellation);
        return DatasetInfo.From(version);
    }

    /// <summary>Versions, newest first.</summary>
    public async Task<IReadOnlyList<DatasetVersion>> ListAsync(int most, CancellationToken cancellation = default)
    {
        await using var db = database.OpenReadContext();
        return await db.DatasetVersions.OrderByDescending(v => v.Created).ThenByDescending(v => v.Id).Take(most)
            .Select(v => new DatasetVersion
            {
                Id = v.Id,
                Name = v.Name,
                Manifest = "",
                Annotations = v.Annotations,
                SimulatedAnnotations = v.SimulatedAnnotations,
                Prompts = v.Prompts,
                Created = v.Created,
            }).ToListAsync(cancellation);
    }

    /// <summary>
    /// Writes a version as rankings.jsonl: a line of {prompt, completions, ranks (1 best, equal = tie), strength?, split ("train"
    /// or "heldOut"), simulated, weight, promptHash, ids? (token ids), gold? (held-out lines)} for each ranking, in the order of
    /// their content. The file is a function of the content alone. What was erased since is left out.
    /// </summary>
    /// <param name="versionId">The version.</param>
    /// <param name="path">The file; a temporary file lies beside it meanwhile.</param>
    /// <param name="goldReward">The gold reward whose scores go into held-out lines; null for none.</param>
    /// <param name="cancellation">Ends the work.</param>
    /// <exception cref="UserError">No such version, its making was interrupted, or an annotation in it is not what it was.</exception>
    public async Task<MaterializedDataset> MaterializeAsync(
        Guid versionId, string path, string? goldReward = null, CancellationToken cancellation = default)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(path))!);
        var manifest = await ManifestAsync(versionId, cancellation);
        using var rankings = new RankingSpill(path, manifest.Aggregation);
        bool dialogues = await SpillAsync(versionId, goldReward, rankings, cancellation);
        return RankingsWriter.Write(path, rankings.Read(), manifest, dialogues);
    }

    private async Task<Manifest> ManifestAsync(Guid versionId, CancellationToken cancellation)
    {
        await using var db = database.OpenReadContext();
        return Manifest.Parse(await db.DatasetVersions.SingleOrDefaultAsync(v => v.Id == versionId, cancellation)
            ?? throw new UserError($"no dataset version {versionId}"));
    }

    /// <summary>Reads what the request asks for, once: the row of the version, its entries, and how much had been erased by then.</summary>
    private async Task<(DatasetVersion Row, List<VersionEntry> Entries, long Erasures)> CollectAsync(
        DatasetRequest request, CancellationToken cancellation)
    {
        await using var snapshot = await ReadSnapshot.OpenAsync(database, cancellation);
        long erasures = await VersionEntries.ErasuresAsync(snapshot.Context, cancellation);
        var entries = new List<VersionEntry>();
        var prompts = new HashSet<Digest>();
        var weighted = new HashSet<string>(StringComparer.Ordinal);
        int simulated = 0;
        var reader = new RankingReader(snapshot.Context, request.Question, goldReward: null);
        await foreach (var task in reader.ReadAsync(VersionSelection.Of(snapshot.Context, request), cancellation))
        {
            foreach (var (ranking, content) in VersionSelection.Choose(task, request.Aggregation))
            {
                var prompt = Digest.Read(PromptSplit.Hash(content.Content.SplitText));
                prompts.Add(prompt);
                string? key = request.Weights.Count == 0 ? null : prompt.ToString();
                if (key is not null && request.Weights.ContainsKey(key))
                    weighted.Add(key);
                entries.Add(new VersionEntry(
                    ranking.AnnotationId, content.Hash, key is null ? 1 : request.Weights.GetValueOrDefault(key, 1)));
                simulated += content.Content.Simulated ? 1 : 0;
            }
        }
        if (entries.Count == 0)
            throw new UserError(
                $"no rankings for question '{request.Question}' in the labeling projects asked for: a dataset version would be empty");
        var manifest = Manifest.Create(request, entries, weighted);
        var row = new DatasetVersion
        {
            Name = manifest.Name,
            Manifest = manifest.Json,
            Annotations = entries.Count,
            SimulatedAnnotations = simulated,
            Prompts = prompts.Count,
            Created = _clock.GetUtcNow(),
        };
        return (row, entries, erasures);
    }

    /// <summary>
    /// Reads the rankings of a version into a file that is sorted as their aggregation needs it; says whether any is more than plain text.
    /// The snapshot ends with it: what is written while there is one stays in the write-ahead log.
    /// </summary>
    private async Task<bool> SpillAsync(Guid versionId, string? goldReward, RankingSpill rankings, CancellationToken cancellation)
    {
        await using var snapshot = await ReadSnapshot.OpenAsync(database, cancellation);
        var db = snapshot.Context;
        var version = await db.DatasetVersions.SingleOrDefaultAsync(v => v.Id == versionId, cancellation)
            ?? throw new UserError($"no dataset version {versionId}");
        int entries = await db.DatasetVersionEntries.CountAsync(e => e.DatasetVersionId == versionId, cancellation);
        if (entries != version.Annotations)
        {
            throw new UserError($"dataset version {version.Name[..ShownDigits]} has {entries} of its {version.Annotations} entries: "
                + "its making was interrupted; make it again from the same request");
        }
        bool dialogues = false;
        var reader = new RankingReader(db, Manifest.Parse(version).Question, goldReward);
        await foreach (var task in reader.ReadAsync(VersionEntries.Of(db, version.Id), cancellation))
        {
            var matched = task.Where(r => !r.Erased).Select(r => (Ranking: r, Content: Match(version, r)!))
                .Where(entry => entry.Content is not null).ToList();
            dialogues = dialogues || matched.Exists(entry => !RankingsWriter.IsPlain(entry.Content.Content));
            rankings.Add(matched);
        }
        return dialogues;
    }

    /// <summary>What the version holds of an annotation; null where that was a review whose answers were erased since.</summary>
    private static SaltedContent? Match(DatasetVersion version, StoredRanking ranking)
    {
        var matched = VersionSelection.Match(ranking);
        return matched is not null || ranking.Reviews.Any(r => r.Erased)
            ? matched
            : throw new UserError($"dataset version {version.Name[..ShownDigits]}: "
                + $"annotation {ranking.AnnotationId} is not what it was when the version was made");
    }

    private static void Check(DatasetRequest request)
    {
        if (!(request.HeldOut is >= 0 and < 1))
            throw new UserError(
                $"the held-out share must be at least 0 and less than 1; got {request.HeldOut.ToString(CultureInfo.InvariantCulture)}");
        if (request.Weights.FirstOrDefault(w => !(double.IsFinite(w.Value) && w.Value >= 0)) is { Key: not null } wrong)
            throw new UserError("the weight of a prompt must be a number, 0 or more; "
                + $"got {wrong.Value.ToString(CultureInfo.InvariantCulture)} for {wrong.Key}");
    }
}

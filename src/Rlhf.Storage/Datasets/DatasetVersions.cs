using System.Security.Cryptography;
using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using Rlhf.Core;
using Rlhf.Core.Content;
using Rlhf.Core.Files;
using Rlhf.Storage.Entities;
using Rlhf.Storage.Json;

namespace Rlhf.Storage.Datasets;

/// <summary>Dataset versions: made from annotations, named by their content, written out for the run that uses them.</summary>
public sealed class DatasetVersions(RlhfDatabase database, TimeProvider? clock = null)
{
    private readonly TimeProvider _clock = clock ?? TimeProvider.System;

    /// <summary>Fixes the newest revision of every annotation that is asked for. The same content always gets the same name.</summary>
    /// <exception cref="UserError">Nothing is there, or a share or weight is out of range.</exception>
    public Task<DatasetInfo> CreateAsync(DatasetRequest request, CancellationToken cancellation = default) =>
        database.WriteAsync(async db =>
        {
            Check(request);
            var wanted = db.Annotations.Where(a => a.Latest && (a.IsSimulated ? request.Simulated : request.People)
                && db.Tasks.Any(t => t.Id == a.TaskId && request.Projects.Contains(t.ProjectId)));
            var contents = await ContentsAsync(db, wanted, request.Question, cancellation);
            if (contents.Count == 0)
                throw new UserError($"no rankings for question '{request.Question}' in the labeling projects asked for: a dataset version would be empty");
            var manifest = Manifest.Create(request, contents.Select(c => c.Content));
            string name = manifest.Name;
            var version = await db.DatasetVersions.SingleOrDefaultAsync(v => v.Name == name, cancellation);
            if (version is null)
            {
                version = new DatasetVersion
                {
                    Name = name,
                    Manifest = manifest.Json,
                    Annotations = contents.Count,
                    SimulatedAnnotations = contents.Count(c => c.Content.Simulated),
                    Prompts = contents.Select(c => DatasetRequest.PromptKey(c.Content.PromptText)).Distinct().Count(),
                    Created = _clock.GetUtcNow(),
                };
                db.DatasetVersions.Add(version);
            }
            // Where the same content was entered twice (in two projects, say), the version stands for both.
            var known = (await db.DatasetVersionEntries.Where(e => e.DatasetVersionId == version.Id).Select(e => e.AnnotationId).ToListAsync(cancellation)).ToHashSet();
            db.DatasetVersionEntries.AddRange(contents.Where(c => !known.Contains(c.Annotation))
                .Select(c => new DatasetVersionEntry { DatasetVersionId = version.Id, AnnotationId = c.Annotation }));
            return DatasetInfo.From(version);
        }, cancellation);

    /// <summary>Finds a version by its name or the beginning of it (8 characters or more).</summary>
    public async Task<DatasetInfo> FindAsync(string name, CancellationToken cancellation = default)
    {
        await using var db = database.OpenReadContext();
        string prefix = name.ToLowerInvariant();
        var found = await db.DatasetVersions.Where(v => v.Name.StartsWith(prefix)).Take(2).ToListAsync(cancellation);
        return prefix.Length >= 8 && found is [var version] ? DatasetInfo.From(version)
            : throw new UserError($"no dataset version '{name}'" + (found.Count > 1 ? ": the beginning of several" : "; give the first 8 characters or more of its name"));
    }

    /// <summary>
    /// Writes a version as rankings.jsonl: a line of {prompt, completions, ranks (1 best, equal = tie), strength?, split
    /// ("train" or "heldOut"), simulated, weight, promptHash} for each ranking, in the order of their content. The file is a
    /// function of the manifest alone.
    /// </summary>
    /// <exception cref="UserError">No such version, or what it names is no longer there.</exception>
    public async Task<MaterializedDataset> MaterializeAsync(Guid versionId, string path, CancellationToken cancellation = default)
    {
        await using var db = database.OpenReadContext();
        var version = await db.DatasetVersions.SingleOrDefaultAsync(v => v.Id == versionId, cancellation)
            ?? throw new UserError($"no dataset version {versionId}");
        var manifest = Manifest.Parse(version.Manifest);
        var members = db.Annotations.Where(a => db.DatasetVersionEntries.Any(e => e.DatasetVersionId == versionId && e.AnnotationId == a.Id));
        var found = (await ContentsAsync(db, members, manifest.Question, cancellation)).ToLookup(c => c.Content.Key, c => c.Content);
        var lines = manifest.Annotations.GroupBy(key => key, StringComparer.Ordinal).SelectMany(entry => found[entry.Key].Take(entry.Count()) is var rows && rows.Count() == entry.Count()
            ? rows
            : throw new UserError($"dataset version {version.Name[..12]}: an annotation that it names is no longer there")).ToList();
        if (manifest.Aggregation == Aggregation.Majority)
            lines = [.. lines.GroupBy(c => c.Subject, StringComparer.Ordinal).Select(group => MajorityRanking.Aggregate([.. group]))];
        return Write(path, [.. lines.OrderBy(c => c.Key, StringComparer.Ordinal)], manifest);
    }

    private static MaterializedDataset Write(string path, IReadOnlyList<RankedContent> lines, Manifest manifest)
    {
        int heldOut = 0;
        bool dialogues = lines.Any(line => !IsText(line.Prompt) || !line.Completions.All(IsText));
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        AtomicFile.Write(path, stream =>
        {
            foreach (var line in lines)
            {
                bool held = PromptSplit.Side(line.PromptText, manifest.HeldOut) == PromptSide.HeldOut;
                heldOut += held ? 1 : 0;
                string key = DatasetRequest.PromptKey(line.PromptText);
                byte[] json = JsonSerializer.SerializeToUtf8Bytes(new
                {
                    prompt = Content(line.Prompt, dialogues),
                    completions = line.Completions.Select(completion => Content(completion, dialogues)),
                    ranks = line.Ranks,
                    strength = line.Strength,
                    split = held ? "heldOut" : "train",
                    simulated = line.Simulated,
                    weight = manifest.Weights.GetValueOrDefault(key, 1),
                    promptHash = key,
                }, ContentJson.Settings);
                byte[] bytes = [.. json, (byte)'\n'];
                hash.AppendData(bytes);
                stream.Write(bytes);
            }
        });
        return new MaterializedDataset(lines.Count - heldOut, heldOut, lines.Count(l => l.Simulated), Convert.ToHexStringLower(hash.GetHashAndReset()));
    }

    private static bool IsText(string json) => !json.StartsWith('[') || ContentJson.PlainText(ContentJson.Read<IReadOnlyList<Message>>(json)) is not null;

    /// <summary>
    /// Content as training files have it: texts, or, in a version with a conversation of several messages in it, everything as
    /// messages of {role, content}, so that one file is read in one way.
    /// </summary>
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

    private static async Task<List<(Guid Annotation, RankedContent Content)>> ContentsAsync(RlhfDbContext db, IQueryable<Annotation> annotations, string question, CancellationToken cancellation)
    {
        var rows = await (from a in annotations
                          join t in db.Tasks on a.TaskId equals t.Id
                          select new { a.Id, a.TaskId, a.Answers, a.IsSimulated, t.Context }).ToListAsync(cancellation);
        var completions = (await db.Completions.AsNoTracking().Where(c => annotations.Any(a => a.TaskId == c.TaskId)).ToListAsync(cancellation))
            .GroupBy(c => c.TaskId).ToDictionary(g => g.Key, g => (IReadOnlyList<Completion>)[.. g.OrderBy(c => c.Index)]);
        var contents = new List<(Guid, RankedContent)>();
        foreach (var row in rows)
        {
            if (row.Answers.TryGetValue(question, out var answer) && RankedContent.From(row.Context, completions[row.TaskId], answer, row.IsSimulated) is { } content)
                contents.Add((row.Id, content));
        }
        return contents;
    }

    private static void Check(DatasetRequest request)
    {
        if (!(request.HeldOut is >= 0 and < 1))
            throw new UserError($"the held-out share must be at least 0 and less than 1, not {request.HeldOut}");
        if (request.Weights.FirstOrDefault(w => !(double.IsFinite(w.Value) && w.Value >= 0)) is { Key: not null } wrong)
            throw new UserError($"the weight of a prompt must be a number, 0 or more, not {wrong.Value}");
    }
}

using Microsoft.EntityFrameworkCore;
using Rlhf.Core;
using Rlhf.Storage.Entities;

namespace Rlhf.Storage.Lineage;

/// <summary>
/// Walks from a checkpoint to the annotations behind it, and from a dataset version or an annotation to the checkpoints that
/// learned from it. Everything is read from rows that were written when the work was done.
/// </summary>
public sealed class LineageReader(RlhfDatabase database, Home home)
{
    private const int MinPrefix = 8, ShownDigits = 12;

    /// <summary>Finds what somebody names and its lineage in both directions.</summary>
    /// <param name="name">
    /// The id of a checkpoint, run, dataset version or annotation; the hash of a checkpoint or the name of a dataset version or
    /// the first 8 characters of it; or a folder of a model or run.
    /// </param>
    /// <param name="cancellation">Ends the reading.</param>
    /// <exception cref="UserError">Nothing, or more than one thing, has this name.</exception>
    public async Task<LineageNode> FindAsync(string name, CancellationToken cancellation = default)
    {
        await using var db = database.OpenReadContext();
        if (await FindCheckpointAsync(db, name, cancellation) is { } checkpoint)
            return await CheckpointAsync(db, checkpoint, [], up: true, down: true, cancellation);
        if (await FindDatasetAsync(db, name, cancellation) is { } dataset)
            return await DatasetAsync(db, dataset, up: true, down: true, cancellation);
        if (Guid.TryParse(name, out var id) && await db.Annotations.SingleOrDefaultAsync(a => a.Id == id, cancellation) is { } annotation)
            return await AnnotationAsync(db, annotation, cancellation);
        throw new UserError($"'{name}' is not a checkpoint, run, dataset version or annotation of {home.Root}; "
            + "expected an id, the folder of a model or run, "
            + $"or the first {MinPrefix} characters of a hash");
    }

    private async Task<Checkpoint?> FindCheckpointAsync(RlhfDbContext db, string name, CancellationToken cancellation)
    {
        var all = db.Checkpoints.Include(c => c.Parents);
        if (Guid.TryParse(name, out var id))
            return await all.FirstOrDefaultAsync(c => c.Id == id, cancellation)
                ?? await all.FirstOrDefaultAsync(c => c.RunId == id, cancellation);
        if (Directory.Exists(name))
        {
            string path = home.Relative(name), below = path.TrimEnd('/') + "/";
            return await all.OrderByDescending(c => c.Created)
                .FirstOrDefaultAsync(c => c.Path == path || c.Path.StartsWith(below), cancellation);
        }
        if (name.Length < MinPrefix)
            return null;
        string prefix = name.ToLowerInvariant();
        var found = await all.Where(c => c.Sha256.StartsWith(prefix)).OrderBy(c => c.Created).Take(3).ToListAsync(cancellation);
        return found.Select(c => c.Sha256).Distinct().Count() > 1
            ? throw new UserError($"'{name}' is the beginning of several hashes; give more of it")
            : found.FirstOrDefault();
    }

    private static async Task<DatasetVersion?> FindDatasetAsync(RlhfDbContext db, string name, CancellationToken cancellation)
    {
        // The folder of a run has its id as its name.
        if (Guid.TryParse(Path.GetFileName(Path.TrimEndingDirectorySeparator(name)), out var id))
        {
            var ofRun = db.Runs.Where(r => r.Id == id).Select(r => r.DatasetVersionId);
            return await db.DatasetVersions.FirstOrDefaultAsync(v => v.Id == id || ofRun.Contains(v.Id), cancellation);
        }
        if (name.Length < MinPrefix)
            return null;
        string prefix = name.ToLowerInvariant();
        var found = await db.DatasetVersions.Where(v => v.Name.StartsWith(prefix)).Take(2).ToListAsync(cancellation);
        return found.Count > 1
            ? throw new UserError($"'{name}' is the beginning of several dataset versions; give more of it")
            : found.FirstOrDefault();
    }

    /// <param name="seen">Checkpoints above this one on the walk: no circle is walked twice.</param>
    private async Task<LineageNode> CheckpointAsync(
        RlhfDbContext db, Checkpoint checkpoint, Guid[] seen, bool up, bool down, CancellationToken cancellation)
    {
        Guid[] path = [.. seen, checkpoint.Id];
        List<LineageNode> from = [], to = [];
        if (up)
        {
            if (checkpoint.DatasetVersionId is { } trainedOn)
                from.Add(await DatasetAsync(db, await db.DatasetVersions.SingleAsync(v => v.Id == trainedOn, cancellation), up: true,
                    down: false, cancellation));
            foreach (var parent in checkpoint.Parents.Where(p => !path.Contains(p.ParentId)))
            {
                var row = await db.Checkpoints.Include(c => c.Parents).SingleAsync(c => c.Id == parent.ParentId, cancellation);
                var node = await CheckpointAsync(db, row, path, up: true, down: false, cancellation);
                from.Add(node with { Text = $"{parent.Role}: {node.Text}" });
            }
        }
        if (down)
        {
            var children = await db.Checkpoints.Include(c => c.Parents).Where(c => c.Parents.Any(p => p.ParentId == checkpoint.Id))
                .OrderBy(c => c.Created).ToListAsync(cancellation);
            foreach (var child in children.Where(c => !path.Contains(c.Id)))
                to.Add(await CheckpointAsync(db, child, path, up: false, down: true, cancellation));
        }
        var run = checkpoint.RunId is { } madeBy ? await db.Runs.SingleOrDefaultAsync(r => r.Id == madeBy, cancellation) : null;
        string origin = run is null ? "brought along" : $"made by {run.Kind} run {run.Id}";
        return new LineageNode("checkpoint", checkpoint.Id.ToString(),
            $"{checkpoint.Kind.ToString().ToLowerInvariant()} checkpoint "
            + $"{checkpoint.Sha256[..ShownDigits]}, {origin}, {home.Absolute(checkpoint.Path)}",
            new Dictionary<string, object?>
            {
                ["kind"] = checkpoint.Kind.ToString().ToLowerInvariant(),
                ["sha256"] = checkpoint.Sha256,
                ["path"] = home.Absolute(checkpoint.Path),
                ["run"] = run?.Id,
                ["stage"] = run?.Kind,
                ["created"] = checkpoint.Created,
            })
        { From = from, To = to };
    }

    private async Task<LineageNode> DatasetAsync(
        RlhfDbContext db, DatasetVersion version, bool up, bool down, CancellationToken cancellation)
    {
        List<LineageNode> from = [], to = [];
        if (up)
            from.AddRange(await new DatasetOrigin(db, version.Id).NodesAsync(
                checkpoint => CheckpointAsync(db, checkpoint, [], up: true, down: false, cancellation), cancellation));
        if (down)
        {
            foreach (var learned in await db.Checkpoints.Include(c => c.Parents).Where(c => c.DatasetVersionId == version.Id)
                .OrderBy(c => c.Created).ToListAsync(cancellation))
                to.Add(await CheckpointAsync(db, learned, [], up: false, down: true, cancellation));
        }
        return new LineageNode("dataset", version.Name,
            $"dataset version {version.Name[..ShownDigits]}: {version.Annotations} annotations "
            + $"({version.SimulatedAnnotations} simulated) of {version.Prompts} prompts",
            new Dictionary<string, object?>
            {
                ["id"] = version.Id,
                ["annotations"] = version.Annotations,
                ["simulated"] = version.SimulatedAnnotations,
                ["prompts"] = version.Prompts,
                ["created"] = version.Created,
            })
        { From = from, To = to };
    }

    private async Task<LineageNode> AnnotationAsync(RlhfDbContext db, Annotation annotation, CancellationToken cancellation)
    {
        var to = new List<LineageNode>();
        var versions = await db.DatasetVersions.Where(
            v => db.DatasetVersionEntries.Any(e => e.DatasetVersionId == v.Id && e.AnnotationId == annotation.Id))
            .OrderBy(v => v.Created).ToListAsync(cancellation);
        foreach (var version in versions)
            to.Add(await DatasetAsync(db, version, up: false, down: true, cancellation));
        string state = annotation.Erased is not null ? ", erased" : annotation.Latest ? "" : ", corrected later";
        return new LineageNode("annotation", annotation.Id.ToString(),
            $"annotation {annotation.Id}, revision {annotation.Revision}{state}, "
            + $"by {(annotation.IsSimulated ? "simulated " : "")}annotator {annotation.AnnotatorId}",
            new Dictionary<string, object?>
            {
                ["annotator"] = annotation.AnnotatorId,
                ["simulated"] = annotation.IsSimulated,
                ["task"] = annotation.TaskId,
                ["revision"] = annotation.Revision,
                ["created"] = annotation.Created,
            })
        { To = to };
    }
}

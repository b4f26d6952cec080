using Microsoft.EntityFrameworkCore;
using Rlhf.Storage;
using Rlhf.Storage.Entities;

namespace Rlhf.LabelingUi.Features.Runs.Details;

/// <summary>A checkpoint in the lineage of a run.</summary>
/// <param name="Role">What it is to the run: "policy", "reward".</param>
/// <param name="RunId">The run to go to: the one that made it, or the one that it went into.</param>
/// <param name="RunKind">The stage of that run.</param>
public sealed record CheckpointLink(string Role, string Path, string Sha256, Guid? RunId, string? RunKind);

/// <summary>What a run came from and what came from it, as far as rows say so.</summary>
/// <param name="From">The checkpoints that it started from.</param>
/// <param name="Made">The checkpoints that it made.</param>
/// <param name="Into">What was made from those.</param>
public sealed record RunLineage(
    DatasetVersion? Dataset, IReadOnlyList<CheckpointLink> From, IReadOnlyList<CheckpointLink> Made, IReadOnlyList<CheckpointLink> Into)
{
    public bool IsEmpty => Dataset is null && From.Count + Made.Count + Into.Count == 0;

    public static async Task<RunLineage> ReadAsync(RlhfDbContext context, Run run, CancellationToken cancellation)
    {
        var dataset = run.DatasetVersionId is { } version
            ? await context.DatasetVersions.FirstOrDefaultAsync(d => d.Id == version, cancellation)
            : null;
        var made = await context.Checkpoints.Include(c => c.Parents).Where(c => c.RunId == run.Id).ToListAsync(cancellation);
        var roles = made.SelectMany(c => c.Parents).DistinctBy(p => p.ParentId).ToDictionary(p => p.ParentId, p => p.Role);
        var parents = await context.Checkpoints.Where(c => roles.Keys.Contains(c.Id)).ToListAsync(cancellation);
        var madeIds = made.Select(c => c.Id).ToArray();
        var children = await context.Checkpoints.Where(c => c.Parents.Any(p => madeIds.Contains(p.ParentId))).ToListAsync(cancellation);
        var runs = parents.Concat(children).Select(c => c.RunId).OfType<Guid>().ToArray();
        var kinds = await context.Runs.Where(r => runs.Contains(r.Id)).Select(r => new { r.Id, r.Kind })
            .ToDictionaryAsync(r => r.Id, r => r.Kind, cancellation);
        return new RunLineage(dataset,
            [.. parents.OrderBy(c => roles[c.Id], StringComparer.Ordinal).Select(c => Link(c, roles[c.Id]))],
            [.. made.Select(c => Link(c, Kind(c)) with { RunId = null })],
            [.. children.OrderBy(c => c.Created).Select(c => Link(c, Kind(c)))]);

        CheckpointLink Link(Checkpoint c, string role) =>
            new(role, c.Path, c.Sha256, c.RunId, c.RunId is { } id ? kinds.GetValueOrDefault(id) : null);
        static string Kind(Checkpoint c) => c.Kind == CheckpointKind.Reward ? "reward model" : c.Kind.ToString().ToLowerInvariant();
    }
}

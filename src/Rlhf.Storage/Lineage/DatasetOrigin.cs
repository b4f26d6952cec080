using Microsoft.EntityFrameworkCore;
using Rlhf.Storage.Entities;

namespace Rlhf.Storage.Lineage;

/// <summary>
/// Where the annotations of a dataset version come from: their projects, who gave them, and the policies whose completions were judged.
/// </summary>
internal sealed class DatasetOrigin(RlhfDbContext db, Guid version)
{
    private const int MaxAnnotators = 20;

    private IQueryable<Annotation> Annotations =>
        db.Annotations.Where(a => db.DatasetVersionEntries.Any(e => e.DatasetVersionId == version && e.AnnotationId == a.Id));

    /// <param name="checkpoint">Makes the node of a policy.</param>
    /// <param name="cancellation">Ends the reading.</param>
    public async Task<IReadOnlyList<LineageNode>> NodesAsync(Func<Checkpoint, Task<LineageNode>> checkpoint, CancellationToken cancellation)
    {
        var nodes = new List<LineageNode>();
        var projects = await (from a in Annotations
                              join t in db.Tasks on a.TaskId equals t.Id
                              group a by t.ProjectId into g
                              select new { Project = g.Key, Count = g.Count() }).ToListAsync(cancellation);
        foreach (var entry in projects)
        {
            var project = await db.Projects.SingleAsync(p => p.Id == entry.Project, cancellation);
            string source = project.ImportSource is { } file ? $", imported from {file}" : "";
            nodes.Add(new LineageNode(
                "project", project.Id.ToString(), $"labeling project '{project.Name}'{source}: {entry.Count} annotations",
                new Dictionary<string, object?>
                {
                    ["name"] = project.Name,
                    ["annotations"] = entry.Count,
                    ["import_source"] = project.ImportSource,
                    ["content_sha256"] = project.ContentSha256,
                }));
        }
        nodes.Add(await AnnotatorsAsync(cancellation));
        var policies = await db.Checkpoints.Include(c => c.Parents)
            .Where(c => db.Completions.Any(o => o.CheckpointId == c.Id && Annotations.Any(a => a.TaskId == o.TaskId)))
            .OrderBy(c => c.Created).ToListAsync(cancellation);
        foreach (var policy in policies)
        {
            var node = await checkpoint(policy);
            nodes.Add(node with { Text = $"completions sampled from: {node.Text}" });
        }
        return nodes;
    }

    private async Task<LineageNode> AnnotatorsAsync(CancellationToken cancellation)
    {
        var annotators = await (from a in Annotations
                                group a by new { a.AnnotatorId, a.IsSimulated } into g
                                orderby g.Count() descending, g.Key.AnnotatorId
                                select new { g.Key.AnnotatorId, g.Key.IsSimulated, Count = g.Count() }).ToListAsync(cancellation);
        int simulated = annotators.Count(a => a.IsSimulated);
        return new LineageNode("annotators", "", $"{annotators.Count} annotators, {simulated} of them simulated",
            new Dictionary<string, object?>
            {
                ["count"] = annotators.Count,
                ["simulated"] = simulated,
                ["most_active"] = annotators.Take(MaxAnnotators)
                .Select(a => new { annotator = a.AnnotatorId, simulated = a.IsSimulated, annotations = a.Count }).ToArray(),
            });
    }
}

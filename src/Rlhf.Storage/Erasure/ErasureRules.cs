using System.Security.Cryptography;
using System.Text;
using Microsoft.EntityFrameworkCore;
using Rlhf.Core;
using Rlhf.Storage.Entities;
using Rlhf.Storage.Json;

namespace Rlhf.Storage.Erasure;

/// <summary>
/// Removes payloads from rows and leaves tombstones. Rows stay, so that everything that points to
/// them still adds up. Inside one transaction.
/// </summary>
internal sealed class ErasureRules(RlhfDbContext db, Guid erasure, DateTimeOffset now)
{
    private const int SaltBytes = 16;

    /// <summary>The tasks with the same prompt as this one, in every project: what is erased with it.</summary>
    /// <exception cref="UserError">No such task.</exception>
    public static async Task<IReadOnlyList<Guid>> SamePromptAsync(RlhfDbContext db, Guid task)
    {
        var row = await db.Tasks.AsNoTracking().SingleOrDefaultAsync(t => t.Id == task) ?? throw new UserError($"no labeling task {task}");
        return row.Context is null ? [task] : await db.Tasks.Where(t => t.Context == row.Context).Select(t => t.Id).ToListAsync();
    }

    /// <summary>Erases annotations with all of their revisions, drafts and reviews; their seats come free.</summary>
    /// <param name="assignments">Whose annotations.</param>
    /// <param name="reviewed">Dataset versions that become stale for another reason: reviews that are erased too.</param>
    public async Task<StaleDescendants.Marked> EraseAssignmentsAsync(IQueryable<Guid> assignments, IReadOnlyCollection<Guid> reviewed)
    {
        var annotations = db.Annotations.Where(a => assignments.Contains(a.AssignmentId) && a.Erased == null);
        var marked = await StaleDescendants.MarkAsync(db, annotations.Select(a => a.Id), StaleCause.Erasure, erasure, now, reviewed);
        foreach (var row in await annotations.Select(a => new { a.Id, a.Answers }).ToListAsync())
            Bury(ErasureKind.Annotation, row.Id, ContentJson.Write(row.Answers));
        await db.SaveChangesAsync();
        await EraseLegacyVersionsAsync(marked.Versions);
        await ImportHashes.EraseAsync(db, annotations);
        await db.Drafts.Where(d => assignments.Contains(d.AssignmentId)).ExecuteDeleteAsync();
        await EraseReviewsAsync(
            db.Reviews.Where(r => r.AnnotationId != null
                && db.Annotations.Any(a => a.Id == r.AnnotationId && assignments.Contains(a.AssignmentId))));
        await FreeSeatsAsync(annotations);
        await annotations.ExecuteUpdateAsync(set => set.SetProperty(a => a.Answers, new Answers()).SetProperty(a => a.Salt, (byte[]?)null)
            .SetProperty(a => a.OrderShown, (IReadOnlyList<int>?)null).SetProperty(a => a.Seconds, (double?)null)
            .SetProperty(a => a.ActiveSeconds, (double?)null).SetProperty(a => a.Erased, now));
        await db.Assignments.Where(a => assignments.Contains(a.Id))
            .ExecuteUpdateAsync(set => set.SetProperty(a => a.SkipReason, (string?)null)
                .SetProperty(a => a.OrderShown, (IReadOnlyList<int>?)null).SetProperty(a => a.Correct, (bool?)null));
        return marked;
    }

    /// <summary>
    /// Erases what belongs to an annotator beside their answers: description, profile, ids on other platforms, reviews they wrote.
    /// </summary>
    public async Task EraseAnnotatorAsync(Guid annotator)
    {
        var row = await db.Annotators.AsNoTracking().SingleAsync(a => a.Id == annotator);
        Bury(ErasureKind.Annotator, annotator, row.Description + "\n" + row.Profile);
        await db.SaveChangesAsync();
        await EraseReviewsAsync(db.Reviews.Where(r => r.ReviewerId == annotator));
        await db.Members.Where(m => m.AnnotatorId == annotator).ExecuteUpdateAsync(set => set
            .SetProperty(m => m.ExternalWorkerId, (string?)null).SetProperty(m => m.ExternalSession, (string?)null)
            .SetProperty(m => m.CompletionCode, (string?)null).SetProperty(m => m.Reason, (string?)null));
        await db.Exclusions.Where(e => e.AnnotatorId == annotator).ExecuteUpdateAsync(set => set.SetProperty(e => e.Reason, ""));
        // A lease that is still held ends: nobody is there to answer it.
        await db.Assignments.Where(a => a.AnnotatorId == annotator && a.State == AssignmentState.Leased && a.Expires > now)
            .ExecuteUpdateAsync(set => set.SetProperty(a => a.Expires, now));
        await db.Annotators.Where(a => a.Id == annotator).ExecuteUpdateAsync(set => set.SetProperty(a => a.Description, "")
            .SetProperty(a => a.Profile, (string?)null).SetProperty(a => a.Erased, now));
    }

    /// <summary>Erases tasks: prompt, completions with tokens and scores, known answers, adjudications.</summary>
    public async Task EraseTasksAsync(IReadOnlyList<Guid> tasks)
    {
        foreach (var row in await db.Tasks.AsNoTracking().Where(t => tasks.Contains(t.Id) && t.Erased == null).ToListAsync())
        {
            Bury(ErasureKind.Prompt, row.Id, ContentJson.Write(row.Context));
            await db.SaveChangesAsync();
            await db.Tasks.Where(t => t.Id == row.Id).ExecuteUpdateAsync(set => set
                .SetProperty(t => t.Context, (IReadOnlyList<Core.Content.Message>?)null)
                .SetProperty(t => t.SplitGroup, (string?)null).SetProperty(t => t.ContentKey, $"erased-{row.Id}")
                .SetProperty(t => t.Open, false).SetProperty(t => t.Erased, now));
        }
        var completions = db.Completions.Where(c => tasks.Contains(c.TaskId));
        await db.CompletionTokens.Where(t => completions.Any(c => c.Id == t.CompletionId)).ExecuteDeleteAsync();
        await db.CompletionGolds.Where(g => completions.Any(c => c.Id == g.CompletionId)).ExecuteDeleteAsync();
        await db.GoldAnswers.Where(g => tasks.Contains(g.TaskId)).ExecuteDeleteAsync();
        await EraseReviewsAsync(db.Reviews.Where(r => tasks.Contains(r.TaskId)));
        await completions.ExecuteUpdateAsync(
            set => set.SetProperty(c => c.Content, (IReadOnlyList<Core.Content.Message>)new List<Core.Content.Message>())
            .SetProperty(c => c.Context, (IReadOnlyList<Core.Content.Message>?)null));
    }

    private Task<int> EraseReviewsAsync(IQueryable<Review> reviews) =>
        reviews.Where(r => r.Erased == null).ExecuteUpdateAsync(set => set.SetProperty(r => r.Answers, (Answers?)null)
        .SetProperty(r => r.Salt, (byte[]?)null).SetProperty(r => r.Feedback, (string?)null).SetProperty(r => r.Erased, now));

    /// <summary>The seats of normal annotations that still count come free again; those of an excluded annotator did so before.</summary>
    private async Task FreeSeatsAsync(IQueryable<Annotation> annotations)
    {
        var tasks = await annotations.Where(a => a.Latest && a.Kind == TaskKind.Normal
                && !db.Members.Any(m => m.AnnotatorId == a.AnnotatorId && m.State == MemberState.Excluded
                    && db.Tasks.Any(t => t.Id == a.TaskId && t.ProjectId == m.ProjectId)))
            .Select(a => a.TaskId).ToListAsync();
        foreach (var group in tasks.GroupBy(t => t))
        {
            int count = group.Count();
            await db.Tasks.Where(t => t.Id == group.Key).ExecuteUpdateAsync(set => set
                .SetProperty(t => t.Answered, t => t.Answered - count)
                .SetProperty(t => t.Open, t => t.Erased == null
                    && t.Answered - count < (t.Overlap ?? db.Projects.Where(p => p.Id == t.ProjectId).Select(p => p.Overlap).First())));
        }
    }

    /// <summary>Manifests of format 1 hold unsalted hashes, which would give an erased ranking away, and so would their name.</summary>
    private async Task EraseLegacyVersionsAsync(IReadOnlyCollection<Guid> versions)
    {
        foreach (var version in versions)
        {
            string name = "erased-" + version.ToString().ToLowerInvariant();
            await db.DatasetVersions.Where(v => v.Id == version && v.Manifest.Contains("\"format\":1,"))
                .ExecuteUpdateAsync(set => set.SetProperty(v => v.Manifest, "{}").SetProperty(v => v.Name, name));
        }
    }

    private void Bury(ErasureKind kind, Guid target, string payload)
    {
        byte[] salted = [.. RandomNumberGenerator.GetBytes(SaltBytes), .. Encoding.UTF8.GetBytes(payload)];
        db.Tombstones.Add(new Tombstone
        {
            ErasureId = erasure,
            Kind = kind,
            TargetId = target,
            SaltedHash = Convert.ToHexStringLower(SHA256.HashData(salted)),
            Created = now,
        });
    }
}

using Microsoft.EntityFrameworkCore;
using Rlhf.Core;
using Rlhf.Storage.Entities;

namespace Rlhf.Storage.Labeling;

/// <content>Answers that are kept until they are submitted.</content>
public sealed partial class LabelingRules
{
    /// <summary>
    /// Keeps answers that are not submitted yet. False where nothing changed: a newer draft is there, or the task is closed.
    /// </summary>
    /// <param name="annotator">Who acts.</param>
    /// <param name="assignmentId">An assignment of theirs, also one whose lease has expired.</param>
    /// <param name="answers">As far as they are given; only their size is checked.</param>
    /// <param name="sequence">Counted by the client, upwards.</param>
    /// <param name="activeSeconds">Time with input so far.</param>
    /// <exception cref="UserError">No such assignment of theirs, or too large.</exception>
    public async Task<bool> SaveDraftAsync(Guid annotator, Guid assignmentId, Answers answers, long sequence, double? activeSeconds = null)
    {
        AnswerRules.CheckSize(answers);
        if ((await FindAsync(annotator, assignmentId)).State != AssignmentState.Leased)
            return false;
        var draft = await db.Drafts.SingleOrDefaultAsync(d => d.AssignmentId == assignmentId);
        if (draft is not null && draft.Sequence >= sequence)
            return false;
        if (draft is null)
            db.Drafts.Add(draft = new Draft { AssignmentId = assignmentId, Answers = answers });
        _withoutDraft.Remove(assignmentId);
        draft.Answers = answers;
        draft.Sequence = sequence;
        draft.ActiveSeconds = activeSeconds;
        draft.Saved = clock.GetUtcNow();
        await db.SaveChangesAsync();
        return true;
    }

    /// <summary>Keeps answers that could not be submitted as a draft. False where there is nothing to keep them for.</summary>
    internal async Task<bool> KeepRefusedAsync(Guid annotator, Guid assignmentId, Answers answers)
    {
        if (!await db.Assignments.AnyAsync(a => a.Id == assignmentId && a.AnnotatorId == annotator && a.State == AssignmentState.Leased))
            return false;
        long sequence = await db.Drafts.Where(d => d.AssignmentId == assignmentId).MaxAsync(d => (long?)d.Sequence) ?? 0;
        try
        {
            return await SaveDraftAsync(annotator, assignmentId, answers, sequence + 1);
        }
        catch (UserError)
        {
            return false;
        }
    }

    /// <summary>Removes a draft, where there is one.</summary>
    /// <exception cref="UserError">No such assignment of theirs.</exception>
    public async Task DeleteDraftAsync(Guid annotator, Guid assignmentId)
    {
        await FindAsync(annotator, assignmentId);
        await db.Drafts.Where(d => d.AssignmentId == assignmentId).ExecuteDeleteAsync();
    }
}

using Microsoft.EntityFrameworkCore;
using Rlhf.Core;
using Rlhf.Storage.Entities;

namespace Rlhf.Storage.Labeling;

/// <content>Submissions that are sent again.</content>
public sealed partial class LabelingRules
{
    /// <summary>What was made of this submission before; null where it has no key, or its key is new.</summary>
    /// <exception cref="UserError">The key came with other answers to this task.</exception>
    private async Task<AnnotationReceipt?> FindByKeyAsync(Assignment assignment, Answers answers, AnnotationContext? context)
    {
        if (context?.IdempotencyKey is not { } key)
            return null;
        var id = SubmissionKey.AnnotationId(assignment.Id, key);
        if (await db.Annotations.AsNoTracking().SingleOrDefaultAsync(a => a.Id == id) is not { } earlier)
            return null;
        if (earlier.Erased is null && !Same(earlier.Answers, answers))
            throw new UserError("this idempotency key came with another submission before; draw a new one for each submission")
            {
                Kind = ErrorKind.KeyReused,
            };
        return Receipt(assignment, earlier, added: false);
    }

    private static AnnotationReceipt Receipt(Assignment assignment, Annotation annotation, bool added) =>
        new(annotation.Id, annotation.Revision, added, assignment.ProjectId, assignment.TaskId);
}

using Microsoft.EntityFrameworkCore;
using Rlhf.Storage.Entities;

namespace Rlhf.Storage.Tests.Labeling;

public sealed class DraftTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_draft_of_the_same_transaction_goes_with_its_submission()
    {
        await using var store = await Store.OpenAsync();
        var project = await store.ProjectAsync(1);
        var annotator = await LeaseTests.AnnotatorAsync(store);
        await store.Labeling.InTransactionAsync(async rules =>
        {
            var task = (await rules.LeaseNextAsync(annotator, project))!;
            await rules.SaveDraftAsync(annotator, task.AssignmentId, Store.Ranks(2, 1), 1, null);
            return await rules.SubmitAsync(annotator, task.AssignmentId, Store.Ranks(1, 2));
        }, Cancellation);
        await using var db = store.Database.OpenReadContext();
        Assert.Empty(await db.Drafts.ToListAsync(Cancellation));
    }

    [Fact]
    public async Task The_newest_draft_is_kept_and_a_submission_removes_it()
    {
        await using var store = await Store.OpenAsync();
        var project = await store.ProjectAsync(tasks: 1);
        var annotator = await LeaseTests.AnnotatorAsync(store);
        var task = (await store.Labeling.LeaseNextAsync(annotator, project, cancellation: Cancellation))!;
        Assert.True(await store.Labeling.SaveDraftAsync(annotator, task.AssignmentId, Store.Ranks(1, 2), 5, 3.5, Cancellation));
        // The same autosave twice, and one that was under way when the newer one arrived.
        Assert.False(await store.Labeling.SaveDraftAsync(annotator, task.AssignmentId, Store.Ranks(2, 1), 5, cancellation: Cancellation));
        Assert.False(await store.Labeling.SaveDraftAsync(annotator, task.AssignmentId, Store.Ranks(2, 1), 4, cancellation: Cancellation));
        var draft = Assert.Single(await store.Labeling.DraftsAsync(annotator, project, Cancellation));
        Assert.Equal((5, 3.5, store.Clock.Now), (draft.Sequence, draft.ActiveSeconds, draft.Saved));
        Assert.Equivalent(Store.Ranks(1, 2), draft.Answers);
        await store.Labeling.SubmitAsync(annotator, task.AssignmentId, Store.Ranks(2, 1), cancellation: Cancellation);
        Assert.Empty(await store.Labeling.DraftsAsync(annotator, project, Cancellation));
        // The second tab's autosave fires after the submission.
        Assert.False(await store.Labeling.SaveDraftAsync(annotator, task.AssignmentId, Store.Ranks(1, 1), 99, cancellation: Cancellation));
        Assert.Empty(await store.Labeling.DraftsAsync(annotator, project, Cancellation));
        await using var db = store.Database.OpenReadContext();
        Assert.Equivalent(Store.Ranks(2, 1), (await db.Annotations.SingleAsync(Cancellation)).Answers);
    }

    [Fact]
    public async Task A_late_submission_whose_seat_is_gone_is_kept_as_a_draft()
    {
        await using var store = await Store.OpenAsync();
        Question[] questions = [Question.DefaultRanking, new("why", QuestionKind.Text, "Why?")];
        var project = await store.ProjectAsync(tasks: 1, questions: questions);
        var (slow, quick) = (await LeaseTests.AnnotatorAsync(store), await LeaseTests.AnnotatorAsync(store));
        var late = (await store.Labeling.LeaseNextAsync(slow, project, TimeSpan.FromSeconds(5), Cancellation))!;
        await store.Labeling.SaveDraftAsync(slow, late.AssignmentId, Store.Ranks(2, 1), 7, cancellation: Cancellation);
        store.Clock.Now += TimeSpan.FromSeconds(6);
        var taken = (await store.Labeling.LeaseNextAsync(quick, project, cancellation: Cancellation))!;
        var answers = Store.Ranks(1, 2);
        answers["why"] = new Answer { Rationale = new string('x', 20_000) };
        Assert.Contains("it was given to someone else; your answers are kept as a draft",
            await Store.RefusalAsync(() => store.Labeling.SubmitAsync(slow, late.AssignmentId, answers)));
        Assert.Equivalent(answers, Assert.Single(await store.Labeling.DraftsAsync(slow, project, Cancellation)).Answers);
        Assert.Empty(await store.Labeling.DraftsAsync(quick, project, Cancellation));
        // The seat comes free after all.
        await store.Labeling.SkipAsync(quick, taken.AssignmentId, "unclear", Cancellation);
        Assert.True((await store.Labeling.SubmitAsync(slow, late.AssignmentId, answers, cancellation: Cancellation)).Added);
    }

    [Fact]
    public async Task A_draft_has_a_largest_size()
    {
        await using var store = await Store.OpenAsync();
        var project = await store.ProjectAsync(tasks: 1);
        var annotator = await LeaseTests.AnnotatorAsync(store);
        var task = (await store.Labeling.LeaseNextAsync(annotator, project, cancellation: Cancellation))!;
        var answers = Answers.OfRanking(new Answer { Rationale = new string('x', 4_000_000) });
        Assert.Contains("at most 4000000 can be kept",
            await Store.RefusalAsync(() => store.Labeling.SaveDraftAsync(annotator, task.AssignmentId, answers, 1)));
        await store.Labeling.SaveDraftAsync(annotator, task.AssignmentId, [], 1, cancellation: Cancellation);
        await store.Labeling.DeleteDraftAsync(annotator, task.AssignmentId, Cancellation);
        Assert.Empty(await store.Labeling.DraftsAsync(annotator, project, Cancellation));
    }
}

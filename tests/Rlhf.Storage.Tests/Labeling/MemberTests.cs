using Microsoft.EntityFrameworkCore;
using Rlhf.Storage.Datasets;
using Rlhf.Storage.Entities;
using Rlhf.Storage.Labeling;

namespace Rlhf.Storage.Tests.Labeling;

public sealed class MemberTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Who_is_paused_is_refused_with_the_reason_keeps_the_answer_and_may_go_on_later()
    {
        await using var store = await Store.OpenAsync();
        var project = await store.ProjectAsync(tasks: 2);
        var members = new LabelingMembers(store.Database, store.Clock);
        var annotator = await LeaseTests.AnnotatorAsync(store);
        Assert.Contains("is not a member", await Store.RefusalAsync(() => members.PauseAsync(project, annotator, "x")));
        var task = (await store.Labeling.LeaseNextAsync(annotator, project, cancellation: Cancellation))!;
        await members.PauseAsync(project, annotator, "please read the guidelines", Cancellation);
        const string Paused = "you are paused in this project since 2026-01-02 03:04:05Z: please read the guidelines";
        Assert.Equal(Paused, await Store.RefusalAsync(() => store.Labeling.LeaseNextAsync(annotator, project)));
        Assert.Equal(Paused + "; your answers are kept as a draft",
            await Store.RefusalAsync(() => store.Labeling.SubmitAsync(annotator, task.AssignmentId, Store.Ranks(1, 2))));
        Assert.Equal(Paused, await Store.RefusalAsync(() => store.Labeling.SkipAsync(annotator, task.AssignmentId, "x")));
        await members.ReadmitAsync(project, annotator, Cancellation);
        Assert.True((await store.Labeling.SubmitAsync(annotator, task.AssignmentId, Store.Ranks(1, 2), cancellation: Cancellation)).Added);
    }

    [Fact]
    public async Task Excluding_somebody_reopens_their_seats_and_marks_what_was_made_of_their_answers()
    {
        await using var store = await Store.OpenAsync();
        var project = await store.ProjectAsync(tasks: 3);
        var members = new LabelingMembers(store.Database, store.Clock);
        var (bad, good) = (await LeaseTests.AnnotatorAsync(store), await LeaseTests.AnnotatorAsync(store));
        await AnswerAllAsync(store, bad, project, 3);
        await AnswerAllAsync(store, good, project, 0);
        var versions = new DatasetVersions(store.Database);
        var version = await versions.CreateAsync(new DatasetRequest { Projects = [project] }, Cancellation);
        await members.ExcludeAsync(project, bad, "answers at random", "owner", Cancellation);
        await members.ExcludeAsync(project, bad, "answers at random", "owner", Cancellation);
        Assert.Contains("you have been excluded from this project",
            await Store.RefusalAsync(() => store.Labeling.LeaseNextAsync(bad, project)));
        Assert.Equal(new LabelingProgress(3, 0, 0, 3), await store.Labeling.ProgressAsync(project, Cancellation));
        Assert.Contains("would be empty",
            await Store.RefusalAsync(() => versions.CreateAsync(new DatasetRequest { Projects = [project] })));
        await using (var db = store.Database.OpenReadContext())
        {
            Assert.Equal((StaleTarget.DatasetVersion, version.Id),
                await db.StaleMarks.SingleAsync(Cancellation) is var mark ? (mark.Target, mark.TargetId) : default);
            Assert.All(await db.Annotations.ToListAsync(Cancellation), a => Assert.NotEmpty(a.Answers));
        }
        // Who had nothing left to do gets the tasks that opened again.
        await AnswerAllAsync(store, good, project, 3);
        await members.ReadmitAsync(project, bad, Cancellation);
        Assert.Equal(new LabelingProgress(3, 3, 6, 3), await store.Labeling.ProgressAsync(project, Cancellation));
        var all = await versions.CreateAsync(new DatasetRequest { Projects = [project] }, Cancellation);
        await using (var db = store.Database.OpenReadContext())
            Assert.Equal(6, await db.DatasetVersionEntries.CountAsync(e => e.DatasetVersionId == all.Id, Cancellation));
        await using var after = store.Database.OpenReadContext();
        Assert.Equal(0, await after.StaleMarks.CountAsync(Cancellation));
    }

    [Fact]
    public async Task What_somebody_held_when_they_were_excluded_is_free_at_once()
    {
        await using var store = await Store.OpenAsync();
        var project = await store.ProjectAsync(tasks: 1);
        var (bad, good) = (await LeaseTests.AnnotatorAsync(store), await LeaseTests.AnnotatorAsync(store));
        await store.Labeling.LeaseNextAsync(bad, project, cancellation: Cancellation);
        await AnswerAllAsync(store, good, project, 0);
        await new LabelingMembers(store.Database, store.Clock).ExcludeAsync(project, bad, "answers at random", "owner", Cancellation);
        await AnswerAllAsync(store, good, project, 1);
    }

    [Fact]
    public async Task A_worker_of_a_link_is_the_same_annotator_in_every_session()
    {
        await using var store = await Store.OpenAsync();
        var project = await store.ProjectAsync(tasks: 1);
        await store.Labeling.SetSettingsAsync(project, new ProjectSettings { Access = ProjectAccess.Members }, Cancellation);
        var members = new LabelingMembers(store.Database, store.Clock);
        var first = await members.JoinFromLinkAsync(project, "worker-1", "session-1", Cancellation);
        Assert.Equal(first, await members.JoinFromLinkAsync(project, "worker-1", "session-2", Cancellation));
        Assert.NotEqual(first, await members.JoinFromLinkAsync(project, "worker-2", "session-1", Cancellation));
        string code = await members.CompletionCodeAsync(project, first, Cancellation);
        Assert.Equal((10, code), (code.Length, await members.CompletionCodeAsync(project, first, Cancellation)));
        Assert.NotNull(await store.Labeling.LeaseNextAsync(first, project, cancellation: Cancellation));
        var stranger = await LeaseTests.AnnotatorAsync(store);
        Assert.Contains("you are not a member of this project",
            await Store.RefusalAsync(() => store.Labeling.LeaseNextAsync(stranger, project)));
    }

    [Fact]
    public async Task A_review_needs_a_reviewer_who_is_not_the_author_and_answers_that_fit()
    {
        await using var store = await Store.OpenAsync();
        var project = await store.ProjectAsync(tasks: 1);
        var (author, reviewer) = (await LeaseTests.AnnotatorAsync(store), await LeaseTests.AnnotatorAsync(store));
        var task = (await store.Labeling.LeaseNextAsync(author, project, cancellation: Cancellation))!;
        var annotation = (await store.Labeling.SubmitAsync(
            author, task.AssignmentId, Store.Ranks(1, 2), cancellation: Cancellation)).AnnotationId;
        var reviews = new LabelingReviews(store.Database, store.Clock);
        Assert.Contains("only an active reviewer",
            await Store.RefusalAsync(() => reviews.ReviewAsync(author, annotation, ReviewDecision.Approved)));
        var members = new LabelingMembers(store.Database, store.Clock);
        await members.SetRoleAsync(project, author, ProjectRole.Reviewer, Cancellation);
        await members.SetRoleAsync(project, reviewer, ProjectRole.Owner, Cancellation);
        Assert.Contains("nobody reviews their own answers",
            await Store.RefusalAsync(() => reviews.ReviewAsync(author, annotation, ReviewDecision.Approved)));
        Assert.Contains("an edit needs the edited answers",
            await Store.RefusalAsync(() => reviews.ReviewAsync(reviewer, annotation, ReviewDecision.Edited)));
        Assert.Contains("there is no completion 2",
            await Store.RefusalAsync(() => reviews.ReviewAsync(reviewer, annotation, ReviewDecision.Edited, Store.Ranks(1, 2, 3))));
        await reviews.ReviewAsync(reviewer, annotation, ReviewDecision.Rejected, feedback: "not by length", cancellation: Cancellation);
        await reviews.ReviewAsync(reviewer, annotation, ReviewDecision.Edited, Store.Ranks(2, 1), cancellation: Cancellation);
        await reviews.AdjudicateAsync(reviewer, task.TaskId, Store.Ranks(1, 1), cancellation: Cancellation);
        await using var db = store.Database.OpenReadContext();
        Assert.Equal([(ReviewDecision.Rejected, false), (ReviewDecision.Edited, true), (ReviewDecision.Adjudicated, true)],
            (await db.Reviews.ToListAsync(Cancellation)).OrderBy(r => r.Latest).ThenBy(r => r.Decision)
                .Select(r => (r.Decision, r.Latest)));
    }

    private static async Task AnswerAllAsync(Store store, Guid annotator, Guid project, int expected)
    {
        int answered = 0;
        for (; await store.Labeling.LeaseNextAsync(annotator, project) is { } task; answered++)
            await store.Labeling.SubmitAsync(annotator, task.AssignmentId, Store.Ranks(1, 2));
        Assert.Equal(expected, answered);
    }
}

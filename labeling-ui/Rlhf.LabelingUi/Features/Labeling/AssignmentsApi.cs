using System.Security.Claims;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Rlhf.Core;
using Rlhf.LabelingUi.Features.Account.Access;
using Rlhf.LabelingUi.Features.Labeling.Answering;
using Rlhf.LabelingUi.Shell.Api;
using Rlhf.LabelingUi.Shell.Requests;
using Rlhf.Storage.Labeling;

namespace Rlhf.LabelingUi.Features.Labeling;

/// <param name="Id">The annotation.</param>
/// <param name="AssignmentId">The assignment that it answers.</param>
/// <param name="Revision">1 for the first submission.</param>
/// <param name="Added">False where the same submission was there already.</param>
public sealed record SubmittedAnnotation(Guid Id, Guid AssignmentId, int Revision, bool Added)
{
    /// <summary>
    /// After a qualification task: whether the answer was the expected one, the explanation of the task, and how the try ended. Absent for
    /// every other task.
    /// </summary>
    public QualificationFeedback? Qualification { get; init; }
}

/// <param name="Reason">Why; whoever runs the project sees it.</param>
public sealed record SkipRequest(string Reason);

/// <param name="Saved">False where a newer draft was there already, or the task is closed: then nothing changed.</param>
public sealed record SavedDraft(bool Saved);

/// <summary><c>/assignments/{id}</c>: the answers to tasks that somebody holds. Those of others do not exist for them.</summary>
internal static class AssignmentsApi
{
    private const string KeyHeader = "Idempotency-Key";
    private const int MaxKey = 200;
    private const int MaxReason = 2000;

    /// <summary>Four million characters, the most that can be kept, in UTF-8.</summary>
    public const long MaxAnswerBytes = 16_000_000;

    public static void Map(IEndpointRouteBuilder routes)
    {
        var group = routes.MapApi(Policies.Annotator, "Labeling");
        group.MapGet("/assignments/{assignment:guid}", GetAsync).Answers<ShownTask>()
            .Describe("A task that you hold or have answered", "As it was shown to you. An assignment of somebody else does not exist.");
        group.MapPost("/assignments/{assignment:guid}/annotation", SubmitAsync).Reads<AnswersBody>()
            .Answers<SubmittedAnnotation>(StatusCodes.Status201Created).Answers<SubmittedAnnotation>().MayConflict()
            .ProducesProblem(StatusCodes.Status422UnprocessableEntity)
            .Describe("Submit answers", $"""
                Groups of completions, the best group first; the members of a group are equal. 201 where it was added, 200 where the
                same answers were there already. Answers that are refused (the lease ran out and the seat is taken, say) are kept as a
                draft while the task is open to you. Send `{KeyHeader}` with a value of your own for each submission.
                """, """{"ranking": [["c2"], ["c1", "c3"]], "rationale": "c2 answers the question.", "seconds": 41.5}""", """
                {"id": "0199f0a5-63b4-7a0d-b1c2-d3e4f5a6b7c8", "assignmentId": "0199f0a4-2d3e-7c1b-9a55-3a4f5b6c7d8e", "revision": 1,
                 "added": true}
                """);
        group.MapPost("/assignments/{assignment:guid}/skip", SkipAsync).Reads<SkipRequest>().AnswersNothing().MayConflict()
            .Describe("Give a task back", "You are not asked again; the seat is free for somebody else.",
                """{"reason": "not my language"}""");
        group.MapGet("/assignments/{assignment:guid}/draft", GetDraftAsync).Answers<ShownDraft>().AnswersNothing()
            .Describe("What was saved of an answer", "204 where nothing was.");
        group.MapPut("/assignments/{assignment:guid}/draft", SaveDraftAsync).Reads<DraftBody>().Answers<SavedDraft>()
            .Describe("Save an unfinished answer", "An older draft never replaces a newer one, nor a submission: then `saved` is false.",
                """{"sequence": 3, "ranking": [["c2"]]}""", """{"saved": true}""");
        group.MapDelete("/assignments/{assignment:guid}/draft", DeleteDraftAsync).AnswersNothing().Describe("Remove an unfinished answer");
    }

    private static async Task<IResult> GetAsync(
        Guid assignment, ClaimsPrincipal user, LabelingService labeling, CancellationToken stop) =>
        ApiRoutes.Json(ShownTask.From((await labeling.FindAsync(user.AnnotatorId(), assignment, stop)).Task));

    private static async Task<IResult> SubmitAsync(
        Guid assignment, HttpContext context, ClaimsPrincipal user, LabelingService labeling, ProjectVersions versions,
        CancellationToken stop)
    {
        var body = await JsonBody.ReadAsync<AnswersBody>(context, MaxAnswerBytes);
        var answers = await ReadAsync(body, user.AnnotatorId(), assignment, labeling, versions, stop);
        var receipt = await labeling.SubmitAsync(user.AnnotatorId(), assignment, answers, ContextOf(context, body), stop);
        var answer = new SubmittedAnnotation(receipt.AnnotationId, assignment, receipt.Revision, receipt.Added)
        {
            Qualification = receipt.Qualification,
        };
        return receipt.Added ? ApiRoutes.Created(context, $"/annotations/{receipt.AnnotationId}", answer) : ApiRoutes.Json(answer);
    }

    private static async Task<IResult> SkipAsync(
        Guid assignment, HttpContext context, ClaimsPrincipal user, LabelingService labeling, CancellationToken stop)
    {
        string reason = (await JsonBody.ReadAsync<SkipRequest>(context)).Reason;
        if (reason.Length > MaxReason)
            throw new UserError($"reason: has {reason.Length} characters; at most {MaxReason} are kept") { Field = "reason" };
        await labeling.SkipAsync(user.AnnotatorId(), assignment, reason, stop);
        return TypedResults.NoContent();
    }

    private static async Task<IResult> GetDraftAsync(
        Guid assignment, ClaimsPrincipal user, LabelingService labeling, CancellationToken stop)
    {
        var task = ShownTask.From((await labeling.FindAsync(user.AnnotatorId(), assignment, stop)).Task);
        return task.Draft is { } draft ? ApiRoutes.Json(draft) : TypedResults.NoContent();
    }

    private static async Task<IResult> SaveDraftAsync(
        Guid assignment, HttpContext context, ClaimsPrincipal user, LabelingService labeling, ProjectVersions versions,
        CancellationToken stop)
    {
        var body = await JsonBody.ReadAsync<DraftBody>(context, MaxAnswerBytes);
        var answers = await ReadAsync(body, user.AnnotatorId(), assignment, labeling, versions, stop);
        return ApiRoutes.Json(new SavedDraft(await labeling.SaveDraftAsync(
            user.AnnotatorId(), assignment, answers, body.Sequence, body.ActiveSeconds, stop)));
    }

    private static async Task<IResult> DeleteDraftAsync(
        Guid assignment, ClaimsPrincipal user, LabelingService labeling, CancellationToken stop)
    {
        await labeling.DeleteDraftAsync(user.AnnotatorId(), assignment, stop);
        return TypedResults.NoContent();
    }

    /// <summary>Answers of a request, by what was shown for the assignment.</summary>
    public static async Task<Storage.Entities.Answers> ReadAsync(
        AnswersBody body, Guid annotator, Guid assignment, LabelingService labeling, ProjectVersions versions, CancellationToken stop)
    {
        var shown = (await labeling.FindAsync(annotator, assignment, stop)).Task;
        var version = await versions.GetAsync(shown.ProjectVersionId, stop);
        return new AnswerReader(version.Questions, PresentedPlaces.Create(shown.Completions)).Read(body);
    }

    /// <exception cref="UserError">An idempotency key that is empty or too long.</exception>
    public static AnnotationContext ContextOf(HttpContext context, AnswersBody body)
    {
        string? key = context.Request.Headers[KeyHeader];
        return key is null or { Length: > 0 and <= MaxKey }
            ? new AnnotationContext(body.Seconds, body.ActiveSeconds) { IdempotencyKey = key }
            : throw new UserError($"{KeyHeader} must have 1 to {MaxKey} characters; got {key.Length}") { Field = KeyHeader };
    }
}

using System.Security.Claims;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Rlhf.Core;
using Rlhf.LabelingUi.Features.Account.Access;
using Rlhf.LabelingUi.Features.Labeling.Answering;
using Rlhf.LabelingUi.Shell.Api;
using Rlhf.LabelingUi.Shell.Requests;
using Rlhf.Storage.Entities;
using Rlhf.Storage.Labeling;
using Rlhf.Storage.Labeling.Reading;

namespace Rlhf.LabelingUi.Features.Projects.Api;

/// <summary>A decision on an annotation; edited needs the answers as they should be.</summary>
/// <param name="Decision">approved, edited or rejected.</param>
public sealed record ReviewRequest(ReviewDecision Decision) : AnswersBody
{
    /// <summary>A word to the author.</summary>
    public string? Feedback { get; init; }
}

/// <summary>A task's final answers; completions are named in the order of the task.</summary>
public sealed record AdjudicationRequest : AnswersBody
{
    /// <summary>A word to the annotators.</summary>
    public string? Feedback { get; init; }
}

/// <param name="Id">The decision.</param>
public sealed record CreatedReview(Guid Id);

/// <summary>Decisions of reviewers. A later decision on the same annotation or task replaces the earlier one.</summary>
internal static class ReviewsApi
{
    public static void Map(IEndpointRouteBuilder routes)
    {
        var group = routes.MapApi(Policies.Reviewer, "Reviews");
        group.MapPost("/annotations/{annotation:guid}/review", ReviewAsync).Reads<ReviewRequest>()
            .Answers<CreatedReview>(StatusCodes.Status201Created).MayConflict()
            .Describe("Approve, edit or reject an annotation", """
                The author sees the feedback. Edited answers replace the annotation's in datasets, rejected ones are left out; the
                annotation itself never changes. Nobody reviews their own.
                """, """{"decision": "rejected", "feedback": "c1 is not in English."}""");
        group.MapPost("/tasks/{task:guid}/adjudication", AdjudicateAsync).Reads<AdjudicationRequest>()
            .Answers<CreatedReview>(StatusCodes.Status201Created)
            .Describe("Set a task's final answers", "Completions are named in the order of the task, as GET /tasks/ID gives them.",
                """{"ranking": [["c1"], ["c2"]]}""");
    }

    private static async Task<IResult> ReviewAsync(
        Guid annotation, HttpContext context, ClaimsPrincipal user, LabelingProjects projects, AnnotationList annotations,
        LabelingReviews reviews, ProjectVersions versions, CancellationToken stop)
    {
        var request = await JsonBody.ReadAsync<ReviewRequest>(context);
        if (request.Decision == ReviewDecision.Adjudicated)
            throw new UserError("decision: a task is adjudicated, not one annotation of it; POST /tasks/ID/adjudication")
            {
                Field = "decision",
            };
        var found = await annotations.GetAsync(annotation, null, stop);
        await projects.GetAsync(found.Task.ProjectId, user.AnnotatorId(), ProjectsApi.SeesAll(user), stop);
        var version = await versions.GetAsync(found.Row.ProjectVersionId, stop);
        var answers = new AnswerReader(version.Questions, PresentedPlaces.Create(found.Completions)).Read(request);
        var id = await reviews.ReviewAsync(user.AnnotatorId(), annotation, request.Decision, answers.Count == 0 ? null : answers,
            request.Feedback, stop);
        return ApiRoutes.Json(new CreatedReview(id), StatusCodes.Status201Created);
    }

    private static async Task<IResult> AdjudicateAsync(
        Guid task, HttpContext context, ClaimsPrincipal user, LabelingProjects projects, TaskReader tasks, LabelingReviews reviews,
        CancellationToken stop)
    {
        var request = await JsonBody.ReadAsync<AdjudicationRequest>(context);
        var found = await tasks.GetAsync(task, stop);
        var project = await projects.GetAsync(found.Task.ProjectId, user.AnnotatorId(), ProjectsApi.SeesAll(user), stop);
        var answers = new AnswerReader(project.Version.Questions, TasksApi.PlacesOf(found)).Read(request);
        var id = await reviews.AdjudicateAsync(user.AnnotatorId(), task, answers, request.Feedback, stop);
        return ApiRoutes.Json(new CreatedReview(id), StatusCodes.Status201Created);
    }
}

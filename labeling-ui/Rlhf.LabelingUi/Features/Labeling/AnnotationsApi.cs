using System.Security.Claims;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Rlhf.Core;
using Rlhf.LabelingUi.Features.Account.Access;
using Rlhf.LabelingUi.Features.Labeling.Answering;
using Rlhf.LabelingUi.Features.Projects.Api;
using Rlhf.LabelingUi.Shell.Api;
using Rlhf.LabelingUi.Shell.Requests;
using Rlhf.Storage.Labeling;

namespace Rlhf.LabelingUi.Features.Labeling;

/// <summary>
/// <c>/annotations</c>: submitted answers. Annotators see and correct their own; reviewers and researchers see those of projects.
/// </summary>
internal static class AnnotationsApi
{
    private const int DefaultListed = 1000, MaxListed = 1000;

    public static void Map(IEndpointRouteBuilder routes)
    {
        var group = routes.MapApi(Policies.Annotator, "Annotations");
        group.MapGet("/annotations", ListAsync).Answers<IReadOnlyList<AnnotationDetails>>().Describe("Annotations of a project", """
            `?project=ID`. Annotators get their own, latest first; others get all, in the order of the tasks (`?mine=true` for their
            own). The newest revision of each; `?revisions=true` for all. In pages of `?limit=` (1000): the header `Link` has the next.
            """);
        group.MapGet("/annotations/{annotation:guid}", GetAsync).Answers<AnnotationDetails>().Describe("One revision of an annotation");
        group.MapPut("/annotations/{annotation:guid}", CorrectAsync).Reads<CorrectionBody>().Answers<SubmittedAnnotation>().MayConflict()
            .Describe("Correct your answers", "Makes a new revision; the earlier ones stay. `revision` says which one you saw.",
                """{"ranking": [["c1"], ["c2"]], "revision": 1}""");
    }

    /// <summary>The part of an annotation that somebody may see.</summary>
    public static AnnotationAudience AudienceOf(ClaimsPrincipal user) => user.Role() switch
    {
        AccountRole.Annotator => AnnotationAudience.Author,
        AccountRole.Reviewer => AnnotationAudience.Reviewer,
        _ => AnnotationAudience.Researcher,
    };

    private static async Task<IResult> ListAsync(
        HttpContext context, ClaimsPrincipal user, LabelingProjects projects, AnnotationList annotations, CancellationToken stop)
    {
        var project = QueryValues.Id(context, "project") ?? throw new UserError("project: give the id of a project, as ?project=ID")
        {
            Field = "project",
        };
        int limit = (int)(QueryValues.Number(context, "limit", 1, MaxListed) ?? DefaultListed);
        PageCursor? cursor = (string?)context.Request.Query["cursor"] is { Length: > 0 } text ? PageCursor.Parse(text) : null;
        bool mine = user.Role() == AccountRole.Annotator || QueryValues.Flag(context, "mine");
        await projects.GetAsync(project, user.AnnotatorId(), ProjectsApi.SeesAll(user), stop);
        var page = mine
            ? await annotations.MineAsync(project, user.AnnotatorId(), cursor, limit, stop)
            : await annotations.OfProjectAsync(project, QueryValues.Flag(context, "revisions"), cursor, limit, stop);
        if (page.Next is { } next)
            PageLinks.AddNext(context, next);
        var audience = mine ? AnnotationAudience.Author : AudienceOf(user);
        return ApiRoutes.Json(page.Items.Select(item => AnnotationDetails.From(item, audience)).ToList());
    }

    private static async Task<IResult> GetAsync(
        Guid annotation, ClaimsPrincipal user, AnnotationList annotations, LabelingProjects projects, CancellationToken stop)
    {
        var audience = AudienceOf(user);
        var found = await annotations.GetAsync(
            annotation, audience == AnnotationAudience.Author ? user.AnnotatorId() : null, stop);
        if (audience != AnnotationAudience.Author)
            await projects.GetAsync(found.Task.ProjectId, user.AnnotatorId(), ProjectsApi.SeesAll(user), stop);
        return ApiRoutes.Json(AnnotationDetails.From(found, audience));
    }

    private static async Task<IResult> CorrectAsync(
        Guid annotation, HttpContext context, ClaimsPrincipal user, LabelingService labeling, AnnotationList annotations,
        ProjectVersions versions, CancellationToken stop)
    {
        var body = await JsonBody.ReadAsync<CorrectionBody>(context, AssignmentsApi.MaxAnswerBytes);
        var assignment = (await annotations.GetAsync(annotation, user.AnnotatorId(), stop)).Row.AssignmentId;
        var answers = await AssignmentsApi.ReadAsync(body, user.AnnotatorId(), assignment, labeling, versions, stop);
        int basedOn = body.Revision ?? (await annotations.LatestAsync(assignment, stop)).Revision;
        var receipt = await labeling.CorrectAsync(
            user.AnnotatorId(), assignment, basedOn, answers, AssignmentsApi.ContextOf(context, body), stop);
        return ApiRoutes.Json(new SubmittedAnnotation(receipt.AnnotationId, assignment, receipt.Revision, receipt.Added));
    }
}

using System.Security.Claims;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Rlhf.LabelingUi.Features.Account.Access;
using Rlhf.LabelingUi.Shell.Api;
using Rlhf.Storage.Labeling;

namespace Rlhf.LabelingUi.Features.Labeling;

/// <param name="Code">What a worker hands in on the platform that they came from.</param>
public sealed record CompletionCode(string Code);

/// <summary><c>POST /projects/{id}/completion-code</c>: what an annotator hands in elsewhere at the end.</summary>
internal static class CompletionCodeApi
{
    public static void Map(IEndpointRouteBuilder routes) => routes.MapApi(Policies.Annotator, "Labeling")
        .MapPost("/projects/{project:guid}/completion-code", CodeAsync).Answers<CompletionCode>()
        .Describe("What you hand in on the platform that you came from", "The same code at every request.");

    private static async Task<IResult> CodeAsync(Guid project, ClaimsPrincipal user, LabelingMembers members, CancellationToken stop) =>
        ApiRoutes.Json(new CompletionCode(await members.CompletionCodeAsync(project, user.AnnotatorId(), stop)));
}

using System.Security.Claims;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Rlhf.Core;
using Rlhf.LabelingUi.Features.Account.Access;
using Rlhf.LabelingUi.Shell.Api;
using Rlhf.LabelingUi.Shell.Requests;
using Rlhf.Storage.Entities;
using Rlhf.Storage.Labeling;
using Rlhf.Storage.Labeling.Reading;

namespace Rlhf.LabelingUi.Features.Projects.Api;

/// <param name="Role">annotator, reviewer or owner.</param>
public sealed record MemberRoleRequest(ProjectRole Role);

/// <param name="Reason">In words that the member sees.</param>
public sealed record MemberStateRequest(string Reason);

/// <summary>A member of a project.</summary>
/// <param name="Name">Of the account, the id on another platform, or what is known of a simulated one.</param>
/// <param name="Reason">Why they are paused or excluded.</param>
/// <param name="Leased">Tasks leased so far, of every kind.</param>
/// <param name="Answered">Normal tasks answered.</param>
/// <param name="Golds">Tasks of known answer.</param>
/// <param name="Repeats">Tasks answered a second time.</param>
/// <param name="RepeatsAgreed">Repeats answered like the first time.</param>
public sealed record MemberDetails(
    Guid AnnotatorId, string Name, ProjectRole Role, MemberState State, string? Reason, DateTimeOffset? StateChanged,
    DateTimeOffset? Qualified, int Leased, int Answered, int Golds, int GoldsCorrect, int Repeats, int RepeatsAgreed,
    string? ExternalWorkerId, DateTimeOffset Joined, bool Simulated, string Description)
{
    internal static MemberDetails From(MemberRow row, IReadOnlyDictionary<Guid, string> names)
    {
        var member = row.Member;
        return new MemberDetails(member.AnnotatorId, AnnotatorNames.Of(names, member.AnnotatorId), member.Role, member.State, member.Reason,
            member.StateChanged, member.Qualified, member.Leased, member.Answered, member.Golds, member.GoldsCorrect, member.Repeats,
            member.RepeatsAgreed, member.ExternalWorkerId, member.Joined, row.IsSimulated, row.Description);
    }
}

/// <summary><c>/projects/{id}/members</c>: who labels in a project. The reason of a pause or an exclusion is shown to them.</summary>
internal static class MembersApi
{
    private const int MaxReason = 2000;
    private const string Members = "/projects/{project:guid}/members", Member = Members + "/{annotator:guid}";

    public static void Map(IEndpointRouteBuilder routes)
    {
        var group = routes.MapApi(Policies.Researcher, "Members");
        group.MapGet(Members, ListAsync).Answers<IReadOnlyList<MemberDetails>>().Describe("Members of a project");
        group.MapPut(Member, SetRoleAsync).Reads<MemberRoleRequest>().Answers<MemberDetails>()
            .Describe("Add a member, or change the role of one", null, """{"role": "annotator"}""");
        group.MapPost(Member + "/pause", PauseAsync).Reads<MemberStateRequest>().Answers<MemberDetails>()
            .Describe("Keep a member from labeling", "Until they are readmitted.", """{"reason": "Please read the guidelines again."}""");
        group.MapPost(Member + "/exclude", ExcludeAsync).Reads<MemberStateRequest>().Answers<MemberDetails>()
            .Describe("Exclude a member",
                "Their answers are left out of datasets and their seats come free; what was trained on them is stale.",
                """{"reason": "Random answers."}""");
        group.MapPost(Member + "/readmit", ReadmitAsync).Answers<MemberDetails>().Describe("Let a member go on");
    }

    private static async Task<IResult> ListAsync(
        Guid project, ClaimsPrincipal user, LabelingProjects projects, MemberReader members, AnnotatorNames names,
        CancellationToken stop)
    {
        await projects.GetAsync(project, user.AnnotatorId(), all: true, stop);
        var known = await names.ReadAsync(project, [], stop);
        return ApiRoutes.Json((await members.ListAsync(project, stop)).OrderBy(row => row.Member.Joined)
            .ThenBy(row => row.Member.AnnotatorId).Select(row => MemberDetails.From(row, known)).ToList());
    }

    private static async Task<IResult> SetRoleAsync(
        Guid project, Guid annotator, HttpContext context, LabelingMembers members, MemberReader reader, AnnotatorNames names,
        CancellationToken stop)
    {
        var request = await JsonBody.ReadAsync<MemberRoleRequest>(context);
        await members.SetRoleAsync(project, annotator, request.Role, stop);
        return await AnswerAsync(project, annotator, reader, names, stop);
    }

    private static async Task<IResult> PauseAsync(
        Guid project, Guid annotator, HttpContext context, LabelingMembers members, MemberReader reader, AnnotatorNames names,
        CancellationToken stop)
    {
        await members.PauseAsync(project, annotator, await ReasonAsync(context), stop);
        return await AnswerAsync(project, annotator, reader, names, stop);
    }

    private static async Task<IResult> ExcludeAsync(
        Guid project, Guid annotator, HttpContext context, ClaimsPrincipal user, LabelingMembers members, MemberReader reader,
        AnnotatorNames names, CancellationToken stop)
    {
        await members.ExcludeAsync(project, annotator, await ReasonAsync(context), user.Creator(), stop);
        return await AnswerAsync(project, annotator, reader, names, stop);
    }

    private static async Task<IResult> ReadmitAsync(
        Guid project, Guid annotator, LabelingMembers members, MemberReader reader, AnnotatorNames names,
        CancellationToken stop)
    {
        await members.ReadmitAsync(project, annotator, stop);
        return await AnswerAsync(project, annotator, reader, names, stop);
    }

    private static async Task<IResult> AnswerAsync(
        Guid project, Guid annotator, MemberReader reader, AnnotatorNames names, CancellationToken stop) =>
        ApiRoutes.Json(MemberDetails.From(
            (await reader.ListAsync(project, stop)).Single(m => m.Member.AnnotatorId == annotator),
            await names.ReadAsync(project, [], stop)));

    private static async Task<string> ReasonAsync(HttpContext context)
    {
        string reason = (await JsonBody.ReadAsync<MemberStateRequest>(context)).Reason.Trim();
        return reason.Length is > 0 and <= MaxReason
            ? reason
            : throw new UserError($"reason: 1 … {MaxReason} characters that the member sees; got {reason.Length}") { Field = "reason" };
    }
}

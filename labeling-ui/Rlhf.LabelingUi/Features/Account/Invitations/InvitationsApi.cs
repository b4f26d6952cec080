using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Rlhf.LabelingUi.Features.Account.Access;
using Rlhf.LabelingUi.Features.Account.Users;
using Rlhf.LabelingUi.Shell.Requests;

namespace Rlhf.LabelingUi.Features.Account.Invitations;

/// <param name="Role">The role of the accounts; annotator where it is left out.</param>
/// <param name="Project">The labeling project that they become members of.</param>
/// <param name="Uses">How often it may be used; 1 where it is left out.</param>
/// <param name="Unlimited">Whether it may be used as often as wanted.</param>
/// <param name="Days">How long it may be used; 7 where it is left out.</param>
/// <param name="Workers">Whether it is a link for workers of another platform (Prolific, MTurk), who get guest accounts.</param>
public sealed record CreateInvitationRequest(
    string? Role = null, Guid? Project = null, int? Uses = null, bool Unlimited = false, int? Days = null, bool Workers = false);

/// <summary>An invitation as the API shows it, without its code.</summary>
public sealed record InvitationAnswer(
    Guid Id, string Role, Guid? Project, bool Workers, int? Uses, int Used, DateTimeOffset Created, DateTimeOffset Expires);

/// <param name="Url">The link to pass on; it is shown in this answer only.</param>
public sealed record CreatedInvitation(Guid Id, string Url, int? Uses, DateTimeOffset Expires);

/// <summary><c>/api/v1/invitations</c>: a researcher's own invitations; an administrator's are all.</summary>
internal static class InvitationsApi
{
    public const string Address = "/api/v1/invitations";

    public static void Map(IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup(Address).WithTags("Accounts").RequireAuthorization(Policies.Researcher).DisableAntiforgery()
            .AddEndpointFilter<AccountRefusalFilter>();
        group.MapGet("", ListAsync).WithSummary("Lists the invitations that can still be used.");
        group.MapPost("", CreateAsync).WithSummary("Makes an invitation, whose link is shown in this answer only.");
        group.MapDelete("{id:guid}", RevokeAsync).WithSummary("Revokes an invitation.");
    }

    private static async Task<IEnumerable<InvitationAnswer>> ListAsync(
        HttpContext context, AccountInvitations invitations, CancellationToken stop) =>
        (await invitations.ListAsync(Owner(context), stop)).Select(i => new InvitationAnswer(
            i.Id, i.Role.ApiName(), i.ProjectId, i.Kind == Store.InvitationKind.Workers, i.Uses, i.Used, i.Created, i.Expires));

    private static async Task<IResult> CreateAsync(HttpContext context, AccountInvitations invitations, CancellationToken stop)
    {
        var request = await JsonBody.ReadAsync<CreateInvitationRequest>(context);
        var defaults = new InvitationRequest();
        var made = await invitations.CreateAsync(
            new InvitationRequest(
                request.Role is null ? defaults.Role : RoleField.Read(request.Role), request.Project,
                request.Unlimited ? null : request.Uses ?? defaults.Uses, request.Days ?? defaults.Days, request.Workers),
            context.User.AccountId(), context.User.Role(), stop);
        return TypedResults.Created($"{Address}/{made.Id}",
            new CreatedInvitation(made.Id, InvitationUrl.Of(context.Request, made), made.Uses, made.Expires));
    }

    private static async Task<IResult> RevokeAsync(
        Guid id, HttpContext context, AccountInvitations invitations, CancellationToken stop) =>
        await invitations.RevokeAsync(id, Owner(context), stop)
            ? TypedResults.NoContent()
            : TypedResults.Problem($"no invitation {id} of yours", statusCode: StatusCodes.Status404NotFound);

    /// <summary>Null for administrators, who manage everybody's.</summary>
    private static Guid? Owner(HttpContext context) => context.User.Role() == AccountRole.Admin ? null : context.User.AccountId();
}

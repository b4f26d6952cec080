using Microsoft.AspNetCore.Authorization;

namespace Rlhf.LabelingUi.Features.Account.Access;

/// <summary>Asks for an account with at least a role.</summary>
/// <param name="role">The role.</param>
/// <param name="orHub">Whether a client with the token of the hub is let in too.</param>
internal sealed class LeastRole(AccountRole role, bool orHub = false) : AuthorizationHandler<LeastRole>, IAuthorizationRequirement
{
    public AccountRole Role => role;

    protected override Task HandleRequirementAsync(AuthorizationHandlerContext context, LeastRole requirement)
    {
        if ((context.User.IsSignedIn() && context.User.Role() >= requirement.Role)
            || (orHub && context.User.HasClaim(claim => claim.Type == SignedInUser.HubClaim)))
            context.Succeed(requirement);
        return Task.CompletedTask;
    }
}

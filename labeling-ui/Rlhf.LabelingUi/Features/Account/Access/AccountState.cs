using System.Security.Claims;
using Rlhf.LabelingUi.Features.Account.Store;

namespace Rlhf.LabelingUi.Features.Account.Access;

/// <summary>What a request needs to know of the account that makes it.</summary>
/// <param name="Stamp">Changes with the password: sign-ins from before are void.</param>
internal sealed record AccountState(Guid Id, string Name, Guid AnnotatorId, AccountRole Role, string Stamp, bool Disabled)
{
    public static AccountState Of(UserAccount account) =>
        new(account.Id, account.UserName!, account.AnnotatorId, account.Role, account.SecurityStamp!, account.Disabled);

    /// <param name="scheme">How it proved who it is.</param>
    public ClaimsPrincipal Principal(string scheme) => new(new ClaimsIdentity(
        [
            new Claim(ClaimTypes.NameIdentifier, Id.ToString()),
            new Claim(ClaimTypes.Name, Name),
            new Claim(ClaimTypes.Role, Role.ToString()),
            new Claim(SignedInUser.AnnotatorClaim, AnnotatorId.ToString()),
            new Claim(SignInCookie.StampClaim, Stamp),
        ], scheme));
}

using System.Security.Claims;

namespace Rlhf.LabelingUi.Features.Account.Access;

/// <summary>What the claims of a signed-in user say, whether they came with a cookie or with a token.</summary>
public static class SignedInUser
{
    /// <summary>The claim that holds the id of the annotator who acts.</summary>
    public const string AnnotatorClaim = "rlhf.annotator";

    /// <summary>The claim of a client that knows the token of the hub: a program of this machine, not a person.</summary>
    public const string HubClaim = "rlhf.hub";

    /// <summary>The annotator who acts: the account points to it, never the reverse.</summary>
    /// <exception cref="InvalidOperationException">Nobody is signed in.</exception>
    public static Guid AnnotatorId(this ClaimsPrincipal user) =>
        Guid.TryParse(user.FindFirstValue(AnnotatorClaim), out var id) ? id : throw new InvalidOperationException("nobody is signed in");

    /// <summary>The highest role of the account.</summary>
    public static AccountRole Role(this ClaimsPrincipal user) => user.FindAll(ClaimTypes.Role)
        .Select(claim => Enum.TryParse<AccountRole>(claim.Value, out var role) ? role : AccountRole.Annotator)
        .DefaultIfEmpty(AccountRole.Annotator).Max();

    /// <summary>The name with which the account signs in.</summary>
    public static string AccountName(this ClaimsPrincipal user) => user.Identity?.Name ?? "";

    /// <summary>What rows say about who made something: the annotator, whose id tells nothing of the person after an erasure.</summary>
    public static string Creator(this ClaimsPrincipal user) => user.AnnotatorId().ToString();

    /// <summary>Whether somebody with an account is signed in.</summary>
    public static bool IsSignedIn(this ClaimsPrincipal user) => user.HasClaim(claim => claim.Type == AnnotatorClaim);

    /// <summary>The account itself. Only what manages accounts needs it.</summary>
    /// <exception cref="InvalidOperationException">Nobody is signed in.</exception>
    internal static Guid AccountId(this ClaimsPrincipal user) => Guid.TryParse(user.FindFirstValue(ClaimTypes.NameIdentifier), out var id)
        ? id : throw new InvalidOperationException("nobody is signed in");
}

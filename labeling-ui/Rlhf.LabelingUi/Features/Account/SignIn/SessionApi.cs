using Microsoft.AspNetCore.Antiforgery;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Rlhf.LabelingUi.Features.Account.Access;
using Rlhf.LabelingUi.Features.Account.Users;
using Rlhf.LabelingUi.Shell.Texts;

namespace Rlhf.LabelingUi.Features.Account.SignIn;

/// <summary>Who is signed in.</summary>
/// <param name="Name">The name of the account.</param>
/// <param name="Role">annotator, reviewer, researcher or admin.</param>
/// <param name="AnnotatorId">The annotator who acts; drafts that a browser keeps belong to this id.</param>
/// <param name="Antiforgery">
/// What calls that change something bring as the header RequestVerificationToken; null with a token, which needs none.
/// </param>
/// <param name="Language">The language of the pages.</param>
/// <param name="SingleKeyShortcuts">Whether single keys do something on the labeling page.</param>
public sealed record SessionAnswer(
    string Name, string Role, Guid AnnotatorId, string? Antiforgery, string Language, bool SingleKeyShortcuts);

/// <summary><c>GET /api/v1/session</c>.</summary>
internal static class SessionApi
{
    public const string Address = "/api/v1/session";

    public static void Map(IEndpointRouteBuilder routes) => routes.MapGet(Address, AnswerAsync).WithTags("Accounts")
        .RequireAuthorization(Policies.Annotator).WithSummary("Tells who is signed in.");

    private static async Task<SessionAnswer> AnswerAsync(HttpContext context, Accounts accounts, IAntiforgery antiforgery)
    {
        var user = context.User;
        var account = await accounts.GetAsync(user.AccountId().ToString());
        string? token = user.Identity!.AuthenticationType == SignInCookie.Scheme
            ? antiforgery.GetAndStoreTokens(context).RequestToken : null;
        return new SessionAnswer(
            user.AccountName(), user.Role().ApiName(), user.AnnotatorId(), token, Languages.Current, account.SingleKeyShortcuts);
    }
}

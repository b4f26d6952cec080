using System.Security.Claims;
using System.Text.Encodings.Web;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Rlhf.LabelingUi.Features.Runs;

namespace Rlhf.LabelingUi.Features.Account.Access;

/// <summary><c>Authorization: Bearer …</c> with a token of an account, or with the token of the hub.</summary>
internal sealed class TokenAuthentication(
    IOptionsMonitor<AuthenticationSchemeOptions> options, ILoggerFactory logger, UrlEncoder encoder, AccountStates states)
    : AuthenticationHandler<AuthenticationSchemeOptions>(options, logger, encoder)
{
    public const string SchemeName = "Token";

    /// <summary>What every token begins with, so that one that got into the wrong place is recognized.</summary>
    public const string Prefix = "rlhf_";

    private const string Bearer = "Bearer ";

    public static bool IsUsed(HttpRequest request) =>
        request.Headers.Authorization.ToString().StartsWith(Bearer, StringComparison.OrdinalIgnoreCase);

    protected override async Task<AuthenticateResult> HandleAuthenticateAsync()
    {
        if (!IsUsed(Request))
            return AuthenticateResult.NoResult();
        string token = Request.Headers.Authorization.ToString()[Bearer.Length..].Trim();
        if (!token.StartsWith(Prefix, StringComparison.Ordinal))
            return HubToken.IsKnown(Context, token) ? Success(Hub()) : Refuse(RefusalReason.UnknownToken);
        return await states.FindByTokenAsync(token, Context.RequestAborted) switch
        {
            null => Refuse(RefusalReason.UnknownToken),
            { Disabled: true } => Refuse(RefusalReason.Disabled),
            var state => Success(state.Principal(SchemeName)),
        };
    }

    private AuthenticateResult Refuse(string reason)
    {
        RefusalReason.Set(Context, reason);
        return AuthenticateResult.Fail(reason);
    }

    private static AuthenticateResult Success(ClaimsPrincipal user) =>
        AuthenticateResult.Success(new AuthenticationTicket(user, SchemeName));

    private static ClaimsPrincipal Hub() => new(new ClaimsIdentity([new Claim(SignedInUser.HubClaim, "")], SchemeName));
}

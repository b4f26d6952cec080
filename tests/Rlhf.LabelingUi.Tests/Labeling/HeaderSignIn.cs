using System.Security.Claims;
using System.Text.Encodings.Web;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Rlhf.LabelingUi.Features.Account.Access;

namespace Rlhf.LabelingUi.Tests.Labeling;

/// <summary>Signs in whoever a header names: tests of the API are not tests of accounts.</summary>
internal sealed class HeaderSignIn(IOptionsMonitor<AuthenticationSchemeOptions> options, ILoggerFactory logger, UrlEncoder encoder)
    : AuthenticationHandler<AuthenticationSchemeOptions>(options, logger, encoder)
{
    public const string Header = "X-Signed-In";

    private const string Scheme1 = "header";

    public static void AddServices(IServiceCollection services)
    {
        services.AddAuthentication(Scheme1).AddScheme<AuthenticationSchemeOptions, HeaderSignIn>(Scheme1, null);
        var authorization = services.AddAuthorizationBuilder();
        foreach (var role in Enum.GetValues<AccountRole>())
            authorization.AddPolicy(role.ToString(), policy => policy.RequireAuthenticatedUser()
                .RequireAssertion(context => context.User.Role() >= role));
    }

    public static void Use(WebApplication app)
    {
        app.UseAuthentication();
        app.UseAuthorization();
    }

    public static string Value(AccountRole role, Guid annotator) => $"{role} {annotator}";

    protected override Task<AuthenticateResult> HandleAuthenticateAsync()
    {
        if (((string?)Request.Headers[Header])?.Split(' ') is not [var role, var annotator])
            return Task.FromResult(AuthenticateResult.NoResult());
        var identity = new ClaimsIdentity(
            [new(ClaimTypes.Role, role), new(SignedInUser.AnnotatorClaim, annotator), new(ClaimTypes.Name, role)], Scheme1);
        return Task.FromResult(AuthenticateResult.Success(new AuthenticationTicket(new ClaimsPrincipal(identity), Scheme1)));
    }
}

using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Rlhf.Storage;

namespace Rlhf.LabelingUi.Features.Account.Access;

/// <summary>
/// Who is signed in, and what they may do: a cookie for browsers or a token for programs, a policy for each role, and everything that
/// names no policy needs a sign-in.
/// </summary>
internal static class AccessControl
{
    private const string CookieOrToken = nameof(CookieOrToken);

    public static void AddServices(IServiceCollection services, Home home, WebSettings settings)
    {
        string homeId = home.Id;
        services.AddSingleton<AccountStates>();
        services.AddAuthentication(CookieOrToken)
            .AddPolicyScheme(CookieOrToken, null, options => options.ForwardDefaultSelector =
                context => TokenAuthentication.IsUsed(context.Request) ? TokenAuthentication.SchemeName : SignInCookie.Scheme)
            .AddScheme<AuthenticationSchemeOptions, TokenAuthentication>(TokenAuthentication.SchemeName, null)
            .AddCookie(SignInCookie.Scheme, options => SignInCookie.Configure(options, homeId));
        services.AddAntiforgery(options =>
        {
            options.HeaderName = ApiAntiforgery.Header;
            options.Cookie.Name = $"rlhf.antiforgery.{homeId}";
        });
        services.AddAuthorization(options =>
        {
            foreach (var role in Enum.GetValues<AccountRole>())
                options.AddPolicy(role.ToString(), Policy(new LeastRole(role)));
            options.AddPolicy(Policies.Follow, Policy(new LeastRole(AccountRole.Reviewer, orHub: true)));
            options.FallbackPolicy = options.DefaultPolicy = Policy(new LeastRole(AccountRole.Annotator));
        });
        services.AddSingleton<IAuthorizationMiddlewareResultHandler, AccessRefusals>();
        services.AddCascadingAuthenticationState();
        RateLimits.AddServices(services, settings);
    }

    /// <summary>After routing: what is asked for decides who may ask.</summary>
    public static void Use(IApplicationBuilder app)
    {
        app.UseAuthentication();
        app.UseRateLimiter();
        app.UseAuthorization();
        ApiAntiforgery.Use(app);
    }

    private static AuthorizationPolicy Policy(LeastRole requirement) =>
        new AuthorizationPolicyBuilder().AddRequirements(requirement).Build();
}

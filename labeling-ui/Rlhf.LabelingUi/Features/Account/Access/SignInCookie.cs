using System.Security.Claims;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.Cookies;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Identity;
using Microsoft.Extensions.DependencyInjection;
using Rlhf.LabelingUi.Features.Account.Store;

namespace Rlhf.LabelingUi.Features.Account.Access;

/// <summary>
/// The cookie of a browser that is signed in. It names the account and the state of its password; what the account may do is looked up.
/// </summary>
internal static class SignInCookie
{
    /// <summary>The name of the authentication scheme.</summary>
    public static readonly string Scheme = IdentityConstants.ApplicationScheme;

    public const string StampClaim = "rlhf.stamp";

    /// <summary>How long a browser that is not used stays signed in.</summary>
    public static readonly TimeSpan Lifetime = TimeSpan.FromDays(14);

    /// <param name="homeId">Servers of several home folders on one machine share their cookies, whatever their port.</param>
    public static void Configure(CookieAuthenticationOptions options, string homeId)
    {
        options.Cookie.Name = $"rlhf.session.{homeId}";
        options.Cookie.HttpOnly = true;
        options.Cookie.SameSite = SameSiteMode.Lax;
        options.Cookie.SecurePolicy = CookieSecurePolicy.SameAsRequest;
        options.ExpireTimeSpan = Lifetime;
        options.SlidingExpiration = true;
        options.Events.OnValidatePrincipal = ValidateAsync;
    }

    public static Task SignInAsync(HttpContext context, UserAccount account) => context.SignInAsync(
        Scheme, AccountState.Of(account).Principal(Scheme), new AuthenticationProperties { IsPersistent = true });

    public static Task SignOutAsync(HttpContext context) => context.SignOutAsync(Scheme);

    private static async Task ValidateAsync(CookieValidatePrincipalContext context)
    {
        var states = context.HttpContext.RequestServices.GetRequiredService<AccountStates>();
        var state = Guid.TryParse(context.Principal?.FindFirstValue(ClaimTypes.NameIdentifier), out var id)
            ? await states.FindAsync(id, context.HttpContext.RequestAborted) : null;
        if (state is null || state.Stamp != context.Principal!.FindFirstValue(StampClaim))
            context.RejectPrincipal();
        else if (state.Disabled)
            RefusalReason.RejectDisabled(context);
        else
            context.ReplacePrincipal(state.Principal(Scheme));
    }
}

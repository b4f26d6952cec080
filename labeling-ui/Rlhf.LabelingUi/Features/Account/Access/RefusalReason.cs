using Microsoft.AspNetCore.Authentication.Cookies;
using Microsoft.AspNetCore.Http;

namespace Rlhf.LabelingUi.Features.Account.Access;

/// <summary>Why a request counts as not signed in although it brought a cookie or a token.</summary>
internal static class RefusalReason
{
    public const string Disabled = "this account is disabled; ask an administrator";
    public const string UnknownToken = "this token is unknown, revoked or expired; make another under Account, Tokens";

    private static readonly object Key = new();

    /// <summary>Null where nothing was brought.</summary>
    public static string? Of(HttpContext context) => context.Items[Key] as string;

    public static void Set(HttpContext context, string reason) => context.Items[Key] = reason;

    public static void RejectDisabled(CookieValidatePrincipalContext context)
    {
        Set(context.HttpContext, Disabled);
        context.RejectPrincipal();
    }
}

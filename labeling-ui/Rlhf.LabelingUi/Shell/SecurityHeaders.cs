using Microsoft.AspNetCore.Builder;
using Microsoft.Net.Http.Headers;

namespace Rlhf.LabelingUi.Shell;

/// <summary>What browsers are told on every answer. What people and policies wrote is shown here: none of it may ever run.</summary>
internal static class SecurityHeaders
{
    private const string Pages =
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
        + "base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

    private static readonly (string Name, string Value)[] Always =
    [
        (HeaderNames.ContentSecurityPolicy, Pages),
        (HeaderNames.XContentTypeOptions, "nosniff"),
        (HeaderNames.XFrameOptions, "DENY"),
        ("Referrer-Policy", "no-referrer"),
        ("Cross-Origin-Opener-Policy", "same-origin"),
        ("Cross-Origin-Resource-Policy", "same-origin"),
        ("Permissions-Policy", "camera=(), geolocation=(), microphone=()"),
        (HeaderNames.CacheControl, "no-store"),
    ];

    /// <summary>
    /// A report is one file with its scripts in it, which it names by their hashes itself (both policies hold). In the sandbox it
    /// has an origin of its own, so that not even a script of it could read the other pages.
    /// </summary>
    public const string Report =
        "sandbox allow-scripts allow-modals; default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data:; "
        + "base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

    /// <summary>The headers are set when the answer starts, so that no error on the way can take them off; an endpoint's own ones stay.</summary>
    public static void Use(IApplicationBuilder app) => app.Use((context, next) =>
    {
        context.Response.OnStarting(() =>
        {
            foreach (var (name, value) in Always)
                context.Response.Headers.TryAdd(name, value);
            return Task.CompletedTask;
        });
        return next(context);
    });
}

using Microsoft.AspNetCore.Builder;
using Microsoft.Net.Http.Headers;

namespace Rlhf.LabelingUi.Shell;

/// <summary>Headers of every response. Pages show text by people and models: none of it may ever be executed.</summary>
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
    /// A report is one file with inline scripts, whose hashes its own policy names (both policies apply). The sandbox gives it an
    /// origin of its own, so that none of its scripts could read other pages.
    /// </summary>
    public const string Report =
        "sandbox allow-scripts allow-modals; default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data:; "
        + "base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

    /// <summary>
    /// The headers are set when the response starts, so that no error handler removes them; an endpoint's own headers stay.
    /// </summary>
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

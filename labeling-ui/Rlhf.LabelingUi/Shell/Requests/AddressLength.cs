using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Diagnostics;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using BadHttpRequestException = Microsoft.AspNetCore.Http.BadHttpRequestException;

namespace Rlhf.LabelingUi.Shell.Requests;

/// <summary>
/// Refuses addresses that are too long. The web server's own refusal is an empty answer, so it is left to refuse only what is far
/// longer.
/// </summary>
internal static class AddressLength
{
    private const int MaxCharacters = 8192, MaxLineBytes = 64 * 1024;

    public static void Configure(KestrelServerOptions kestrel) => kestrel.Limits.MaxRequestLineSize = MaxLineBytes;

    /// <summary>Inside of what answers errors; the page of the error has the same address.</summary>
    public static void Use(IApplicationBuilder app) => app.Use((context, next) =>
        context.Features.Get<IExceptionHandlerFeature>() is null
            && context.Features.Get<IHttpRequestFeature>()?.RawTarget is { Length: > MaxCharacters } target
            ? throw new BadHttpRequestException(
                $"the address has {target.Length} characters; it may have at most {MaxCharacters}", StatusCodes.Status414RequestUriTooLong)
            : next(context));
}

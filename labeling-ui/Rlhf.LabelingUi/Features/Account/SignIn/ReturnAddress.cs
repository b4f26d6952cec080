using Microsoft.AspNetCore.Http;

namespace Rlhf.LabelingUi.Features.Account.SignIn;

/// <summary>Where a browser goes on after it has signed in. Only addresses of this server count.</summary>
internal static class ReturnAddress
{
    public const string Name = "returnUrl";

    private const int MaxLength = 2000;

    /// <summary>The query that brings the browser back to what it asked for; "" for the first page, or after a form.</summary>
    public static string Query(HttpRequest request)
    {
        string address = request.PathBase + request.Path + request.QueryString;
        return !HttpMethods.IsGet(request.Method) || request.Path == "/" || !IsLocal(address)
            ? "" : $"?{Name}={Uri.EscapeDataString(address)}";
    }

    /// <summary>Begins with one slash: what begins with two, or with a backslash, is another server to a browser.</summary>
    public static bool IsLocal(string? address) => address is ['/', ..] and not ['/', '/' or '\\', ..]
        && address.Length <= MaxLength && !address.Any(char.IsControl);
}

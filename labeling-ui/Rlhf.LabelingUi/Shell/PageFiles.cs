using System.Collections.Frozen;
using System.Security.Cryptography;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Net.Http.Headers;

namespace Rlhf.LabelingUi.Shell;

/// <summary>
/// Style sheets and scripts, out of the assembly. Their addresses carry a hash, so that browsers may cache them without a limit.
/// </summary>
public static class PageFiles
{
    private const string Folder = "wwwroot/";

    private static readonly FrozenDictionary<string, (byte[] Bytes, string Hash)> Files =
        typeof(PageFiles).Assembly.GetManifestResourceNames()
        .Where(name => name.StartsWith(Folder, StringComparison.Ordinal))
        .ToFrozenDictionary(name => name[Folder.Length..], Read);

    /// <summary>The address of a file below wwwroot.</summary>
    public static string Address(string path) => $"/{path}?v={Files[path].Hash}";

    internal static void Map(IEndpointRouteBuilder routes)
    {
        foreach (var (path, file) in Files)
        {
            string type = path.EndsWith(".css", StringComparison.Ordinal) ? "text/css; charset=utf-8" : "text/javascript; charset=utf-8";
            routes.MapGet("/" + path, (HttpContext context) =>
            {
                // Only the address with the hash never changes what it means.
                context.Response.Headers.CacheControl = context.Request.Query["v"] == file.Hash
                    ? "public, max-age=31536000, immutable"
                    : "no-cache";
                return TypedResults.Bytes(file.Bytes, type, entityTag: new EntityTagHeaderValue($"\"{file.Hash}\""));
            }).AllowAnonymous().ExcludeFromDescription();
        }
    }

    private static (byte[] Bytes, string Hash) Read(string name)
    {
        using var stream = typeof(PageFiles).Assembly.GetManifestResourceStream(name)!;
        byte[] bytes = new byte[stream.Length];
        stream.ReadExactly(bytes);
        return (bytes, Convert.ToHexStringLower(SHA256.HashData(bytes))[..16]);
    }
}

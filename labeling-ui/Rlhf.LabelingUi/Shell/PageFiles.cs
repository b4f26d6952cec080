using System.Collections.Frozen;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Net.Http.Headers;

namespace Rlhf.LabelingUi.Shell;

/// <summary>
/// Style sheets and scripts, out of the assembly. Their addresses carry a hash, so that browsers may cache them without a limit.
/// </summary>
/// <remarks>
/// A folder below <c>js/</c> holds modules that import each other by relative addresses. Their hash is that of the whole folder and
/// stands in the path, so that an import leads to the file of the same version.
/// </remarks>
public static class PageFiles
{
    private const string Folder = "wwwroot/", ModuleFolder = "js/";

    private static readonly FrozenDictionary<string, (byte[] Bytes, string Hash)> Files =
        typeof(PageFiles).Assembly.GetManifestResourceNames()
        .Where(name => name.StartsWith(Folder, StringComparison.Ordinal))
        .ToFrozenDictionary(name => name[Folder.Length..], Read);

    private static readonly FrozenDictionary<string, string> ModuleHashes = Files.Keys.Select(ModulesOf).OfType<string>().Distinct()
        .ToFrozenDictionary(folder => folder, folder => Hash(Encoding.UTF8.GetBytes(string.Concat(
            Files.Where(file => ModulesOf(file.Key) == folder).OrderBy(file => file.Key, StringComparer.Ordinal)
                .Select(file => file.Key + file.Value.Hash)))));

    /// <summary>The address of a file below wwwroot.</summary>
    public static string Address(string path) =>
        ModulesOf(path) is { } folder ? VersionedPath(path, folder) : $"/{path}?v={Files[path].Hash}";

    /// <summary>The addresses of all modules of a folder below <c>js/</c>.</summary>
    public static IEnumerable<string> Modules(string folder) =>
        Files.Keys.Where(path => ModulesOf(path) == folder).Order(StringComparer.Ordinal).Select(Address);

    internal static void Map(IEndpointRouteBuilder routes)
    {
        foreach (var (path, file) in Files)
        {
            Map(routes, "/" + path, path, file.Bytes, file.Hash, context => context.Request.Query["v"] == file.Hash);
            if (ModulesOf(path) is { } folder)
                Map(routes, VersionedPath(path, folder), path, file.Bytes, file.Hash, _ => true);
        }
    }

    private static void Map(
        IEndpointRouteBuilder routes, string address, string path, byte[] bytes, string hash, Func<HttpContext, bool> isVersioned)
    {
        string type = path.EndsWith(".css", StringComparison.Ordinal) ? "text/css; charset=utf-8" : "text/javascript; charset=utf-8";
        routes.MapGet(address, (HttpContext context) =>
        {
            // Only an address with the hash never changes what it means.
            context.Response.Headers.CacheControl = isVersioned(context) ? "public, max-age=31536000, immutable" : "no-cache";
            return TypedResults.Bytes(bytes, type, entityTag: new EntityTagHeaderValue($"\"{hash}\""));
        }).AllowAnonymous().ExcludeFromDescription();
    }

    /// <summary>The folder of a module: "labeling" for js/labeling/main.js; null for other files.</summary>
    private static string? ModulesOf(string path) =>
        path.StartsWith(ModuleFolder, StringComparison.Ordinal) && path.LastIndexOf('/') is var end && end > ModuleFolder.Length
            ? path[ModuleFolder.Length..end]
            : null;

    private static string VersionedPath(string path, string folder) =>
        $"/{ModuleFolder}{folder}/{ModuleHashes[folder]}{path[(ModuleFolder.Length + folder.Length)..]}";

    private static (byte[] Bytes, string Hash) Read(string name)
    {
        using var stream = typeof(PageFiles).Assembly.GetManifestResourceStream(name)!;
        byte[] bytes = new byte[stream.Length];
        stream.ReadExactly(bytes);
        return (bytes, Hash(bytes));
    }

    private static string Hash(byte[] bytes) => Convert.ToHexStringLower(SHA256.HashData(bytes))[..16];
}

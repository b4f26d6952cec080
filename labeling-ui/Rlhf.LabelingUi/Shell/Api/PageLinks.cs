using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Extensions;
using Rlhf.Storage.Labeling;

namespace Rlhf.LabelingUi.Shell.Api;

/// <summary>Lists that come in pages: the address of the next one stands in the header <c>Link</c> (RFC 8288).</summary>
internal static class PageLinks
{
    public static void AddNext(HttpContext context, PageCursor next)
    {
        var query = new QueryBuilder(context.Request.Query.Where(value => value.Key != "cursor")
            .Select(value => KeyValuePair.Create(value.Key, value.Value.ToString())))
        {
            { "cursor", next.ToString() },
        };
        context.Response.Headers.Link = $"<{context.Request.PathBase}{context.Request.Path}{query}>; rel=\"next\"";
    }
}

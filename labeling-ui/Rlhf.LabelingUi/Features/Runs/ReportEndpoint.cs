using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Rlhf.LabelingUi.Features.Account.Access;
using Rlhf.LabelingUi.Shell;
using Rlhf.Storage;

namespace Rlhf.LabelingUi.Features.Runs;

/// <summary><c>/reports/{id}</c>: the report file of a pipeline run.</summary>
internal static class ReportEndpoint
{
    public static void Map(IEndpointRouteBuilder routes) => routes.MapGet("/reports/{id:guid}", (Guid id, Home home, HttpContext context) =>
    {
        var file = new FileInfo(home.Report(id));
        if (!file.Exists)
            return Results.NotFound();
        context.Response.Headers.ContentSecurityPolicy = SecurityHeaders.Report;
        return Results.File(file.FullName, "text/html; charset=utf-8", lastModified: file.LastWriteTimeUtc);
    }).RequireAuthorization(Policies.Researcher).ExcludeFromDescription();
}

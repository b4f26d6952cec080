using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Routing;
using Microsoft.EntityFrameworkCore;
using Microsoft.Net.Http.Headers;
using Rlhf.Core;
using Rlhf.Core.Options;
using Rlhf.LabelingUi.Features.Account.Access;
using Rlhf.LabelingUi.Shell.Api;
using Rlhf.Storage;
using Rlhf.Storage.Exchange.Export;
using Rlhf.Storage.Exchange.Import;

namespace Rlhf.LabelingUi.Features.Exchange;

/// <summary><c>GET /projects/{id}/export</c> and <c>POST /projects/{id}/import</c>: projects from and into files.</summary>
internal static class ExchangeApi
{
    /// <summary>What of an export another program may read otherwise than it is meant.</summary>
    public const string WarningsHeader = "Rlhf-Export-Warnings";

    public static void Map(IEndpointRouteBuilder routes)
    {
        var group = routes.MapApi(Policies.Researcher, "Files");
        group.MapGet("/projects/{project:guid}/export", ExportAsync).Produces(StatusCodes.Status200OK, contentType: "application/jsonl")
            .Describe("Write a project as a file, while people label", $"""
                `?format=` is one of {string.Join(", ", ExportFormat.All.Select(f => $"`{f.Name}`"))}; without it the file holds everything
                and comes back byte for byte. `?question=` names the question whose ranking makes the pairs, `?rule=` what several
                annotators' rankings become, as in a dataset version: {string.Join(", ", Rules.Select(r => $"`{r}`"))} (`each` by default;
                `soft` adds a column `weight`). Pairs on which TRL fails are refused with the numbers of their lines; those that it splits
                at the wrong place are named in the header `{WarningsHeader}`.
                """);
        group.MapPost("/projects/{project:guid}/import", ImportAsync).Answers<ImportReport>()
            .Describe("Import a file into a project", """
                A form with the field `file`, or the file as the body. `format` says how it is read (by default it is recognized by its
                columns), `map` gives columns other names (`prompt=question`, repeatable), `preview=true` shows the first rows as they would
                be read and imports nothing; all three are fields of the form, or stand in the query. Bad lines are listed, the good ones
                go in, and the same file again adds nothing.
                """, null, """
                {"project": "0199f0a3-0d0c-7b1c-8d2e-4f5a6b7c8d9e", "format": "preferences", "tasks": 2, "annotations": 2, "known": 0,
                  "badLineCount": 1, "badLines": [{"file": "pairs.jsonl", "line": 3, "reason": "no 'rejected'; the line has 'chosen'"}],
                  "notes": []}
                """);
    }

    private static async Task<IResult> ExportAsync(Guid project, HttpContext context, RlhfDatabase database, CancellationToken stop)
    {
        await RequireProjectAsync(database, project, stop);
        var format = Named(context.Request.Query["format"].FirstOrDefault() ?? ExportFormat.All[0].Name);
        string? question = context.Request.Query["question"].FirstOrDefault(), rule = context.Request.Query["rule"].FirstOrDefault();
        await using var export = await new ProjectExport(database).OpenAsync(project, format, question, Rule(rule), stop);
        var response = context.Response;
        response.ContentType = format.MediaType;
        response.Headers.CacheControl = "no-store";
        response.Headers.ContentDisposition = new ContentDispositionHeaderValue("attachment") { FileName = export.FileName }.ToString();
        if (export.Warnings.Count > 0)
            response.Headers[WarningsHeader] = string.Join("; ", export.Warnings);
        if (HttpMethods.IsHead(context.Request.Method))
            return TypedResults.Empty;
        // The library that writes Parquet flushes its last bytes without waiting.
        if (format.Kind == ExportKind.Parquet && context.Features.Get<IHttpBodyControlFeature>() is { } body)
            body.AllowSynchronousIO = true;
        await export.WriteAsync(response.Body, stop);
        return TypedResults.Empty;
    }

    private static async Task<IResult> ImportAsync(
        Guid project, HttpContext context, RlhfDatabase database, ProjectImport import, CancellationToken stop)
    {
        await RequireProjectAsync(database, project, stop);
        using var upload = await UploadedFile.ReadAsync(context, stop);
        var source = new ImportSource(upload.Path)
        {
            Name = upload.Name,
            Format = upload.Value("format"),
            Map = [.. upload.Values("map").SelectMany(Mappings)],
        };
        return upload.Flag("preview")
            ? ApiRoutes.Json(await Task.Run(() => ProjectImport.Preview(source), stop))
            : ApiRoutes.Json(await Task.Run(() => import.ImportAsync(project, source, stop), stop));
    }

    /// <summary>"prompt=question", one on each line, or {"prompt": "question"}.</summary>
    private static IEnumerable<string> Mappings(string text)
    {
        if (!text.TrimStart().StartsWith('{'))
            return text.Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        try
        {
            return JsonSerializer.Deserialize<Dictionary<string, string>>(text)!.Select(pair => $"{pair.Key}={pair.Value}");
        }
        catch (JsonException exception)
        {
            throw new UserError("map must be NAME=COLUMN, such as prompt=question, or a JSON object of such names", exception)
            {
                Field = "map",
            };
        }
    }

    /// <summary>The names of rules in addresses.</summary>
    internal static IReadOnlyList<string> Rules { get; } =
        [.. Enum.GetNames<Aggregation>().Select(JsonNamingPolicy.CamelCase.ConvertName)];

    /// <exception cref="UserError">No such rule.</exception>
    internal static Aggregation? Rule(string? name) => string.IsNullOrEmpty(name) ? null
        : Rules.Contains(name, StringComparer.OrdinalIgnoreCase) ? Enum.Parse<Aggregation>(name, ignoreCase: true)
        : throw new UserError($"rule must be {string.Join(", ", Rules)}; got '{name}'") { Field = "rule" };

    private static ExportFormat Named(string name)
    {
        try
        {
            return ExportFormat.Named(name);
        }
        catch (UserError error)
        {
            throw new UserError(error.Message, error) { Field = "format" };
        }
    }

    private static async Task RequireProjectAsync(RlhfDatabase database, Guid project, CancellationToken stop)
    {
        await using var db = database.OpenReadContext();
        if (!await db.Projects.AnyAsync(p => p.Id == project, stop))
            throw new UserError($"no labeling project {project}") { Kind = ErrorKind.NotFound };
    }
}

using System.Globalization;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Rlhf.LabelingUi.Features.Account.Access;
using Rlhf.LabelingUi.Features.Projects;
using Rlhf.LabelingUi.Shell.Api;
using Rlhf.Storage.Quality;

namespace Rlhf.LabelingUi.Features.Quality;

/// <summary>
/// <c>GET /api/v1/projects/{id}/quality</c>: the statistics of a project; <c>…/quality/weights</c>: weights of prompts by the
/// reliability of annotators, as a file for the option <c>collect.weights</c>; <c>…/pay</c>: hours and counts as CSV.
/// </summary>
internal static class QualityApi
{
    public static void Map(IEndpointRouteBuilder routes)
    {
        var group = routes.MapApi(Policies.Researcher, "Quality");
        group.MapGet("/projects/{project:guid}/quality", ReadAsync)
            .WithSummary("Agreement, leaderboard of policies, position bias, gold and repeat accuracy, annotators, speed");
        group.MapGet("/projects/{project:guid}/quality/weights", WeightsAsync)
            .WithSummary("Weights of prompts by the reliability of their annotators, JSON Lines of {promptHash, weight}");
        group.MapGet("/projects/{project:guid}/pay", PayAsync).WithSummary("Hours and counts of each annotator, CSV");
    }

    /// <summary>Waits for the first report, however large the project is; afterwards the newest that is there.</summary>
    private static async Task<IResult> ReadAsync(Guid project, ProjectQuality quality, CancellationToken stop)
    {
        QualityView view;
        do
            view = await quality.GetAsync(project, stop);
        while (view.Report is null);
        return ApiRoutes.Json(view.Report);
    }

    private static async Task<IResult> WeightsAsync(
        Guid project, string? model, ReliabilityWeights weights, HttpContext context, CancellationToken stop)
    {
        var request = await weights.RequestAsync(project, ReliabilityModels.Parse(model), stop);
        var lines = new StringBuilder();
        foreach (var (prompt, weight) in request.Weights.OrderBy(w => w.Key, StringComparer.Ordinal))
            lines.Append(CultureInfo.InvariantCulture, $"{{\"promptHash\":\"{prompt}\",\"weight\":{weight:R}}}\n");
        context.Response.Headers.ContentDisposition = "attachment; filename=weights.jsonl";
        return TypedResults.Text(lines.ToString(), "application/jsonl; charset=utf-8");
    }

    private static async Task<IResult> PayAsync(
        Guid project, PayReader pay, AnnotatorNames names, HttpContext context, CancellationToken stop)
    {
        var rows = await pay.ReadAsync(project, stop);
        var known = await names.ReadAsync(project, rows.Select(row => row.Annotator), stop);
        context.Response.Headers.ContentDisposition = "attachment; filename=pay.csv";
        return TypedResults.Text(PayCsv.Write(rows, annotator => AnnotatorNames.Of(known, annotator)), "text/csv; charset=utf-8");
    }
}

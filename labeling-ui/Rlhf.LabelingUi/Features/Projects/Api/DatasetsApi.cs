using System.Security.Claims;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Rlhf.Core.Content;
using Rlhf.Core.Options;
using Rlhf.LabelingUi.Features.Account.Access;
using Rlhf.LabelingUi.Shell.Api;
using Rlhf.LabelingUi.Shell.Requests;
using Rlhf.Storage.Datasets;
using Rlhf.Storage.Entities;
using Rlhf.Storage.Labeling;

namespace Rlhf.LabelingUi.Features.Projects.Api;

/// <summary>What of a project's annotations becomes a dataset version; without a body, every ranking of people and programs.</summary>
public sealed record CreateDatasetRequest
{
    /// <summary>Which question's rankings; "ranking" by default.</summary>
    public string Question { get; init; } = Storage.Entities.Question.Ranking;

    /// <summary>How several annotators' rankings of one task become training data; each by default.</summary>
    public Aggregation Aggregation { get; init; }

    /// <summary>Whether annotations by people are taken.</summary>
    public bool People { get; init; } = true;

    /// <summary>Whether annotations by simulated annotators are taken.</summary>
    public bool Simulated { get; init; } = true;

    /// <summary>The share of prompts held out, by hash of the prompt: the same in every version.</summary>
    public double HeldOut { get; init; } = PromptSplit.DefaultShare;
}

/// <summary>A dataset version; it never changes.</summary>
/// <param name="Name">SHA-256 of its manifest: the same annotations always have the same name.</param>
/// <param name="Annotations">Annotation revisions in it.</param>
/// <param name="SimulatedAnnotations">How many of them simulated annotators gave.</param>
/// <param name="Prompts">Different prompts.</param>
public sealed record DatasetDetails(
    Guid Id, string Name, int Annotations, int SimulatedAnnotations, int Prompts, DateTimeOffset? Created);

/// <summary>Dataset versions: what a stage trains on.</summary>
internal static class DatasetsApi
{
    private const int MaxListed = 1000;

    public static void Map(IEndpointRouteBuilder routes)
    {
        var group = routes.MapApi(Policies.Researcher, "Datasets");
        group.MapGet("/datasets", ListAsync).Answers<IReadOnlyList<DatasetDetails>>().Describe("Dataset versions", "Newest first.");
        group.MapPost("/projects/{project:guid}/datasets", CreateAsync).Reads<CreateDatasetRequest>(optional: true)
            .Answers<DatasetDetails>(StatusCodes.Status201Created)
            .Describe("Make a dataset version", "The same annotations always give the same version.", """{"aggregation": "majority"}""");
    }

    private static async Task<IResult> ListAsync(HttpContext context, DatasetVersions datasets, CancellationToken stop)
    {
        int limit = (int)(QueryValues.Number(context, "limit", 1, MaxListed) ?? MaxListed);
        return ApiRoutes.Json((await datasets.ListAsync(limit, stop)).Select(Details).ToList());
    }

    private static async Task<IResult> CreateAsync(
        Guid project, HttpContext context, ClaimsPrincipal user, LabelingProjects projects, DatasetVersions datasets,
        CancellationToken stop)
    {
        await projects.GetAsync(project, user.AnnotatorId(), all: true, stop);
        var request = await JsonBody.ReadOptionalAsync<CreateDatasetRequest>(context) ?? new CreateDatasetRequest();
        var info = await datasets.CreateAsync(new DatasetRequest
        {
            Projects = [project],
            Question = request.Question,
            Aggregation = request.Aggregation,
            People = request.People,
            Simulated = request.Simulated,
            HeldOut = request.HeldOut,
        }, stop);
        return ApiRoutes.Json(
            new DatasetDetails(info.Id, info.Name, info.Annotations, info.SimulatedAnnotations, info.Prompts, null),
            StatusCodes.Status201Created);
    }

    private static DatasetDetails Details(DatasetVersion version) => new(
        version.Id, version.Name, version.Annotations, version.SimulatedAnnotations, version.Prompts, version.Created);
}

using System.Security.Claims;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Rlhf.Definitions.Templates;
using Rlhf.LabelingUi.Features.Account.Access;
using Rlhf.LabelingUi.Features.Projects.Bodies;
using Rlhf.LabelingUi.Shell.Api;
using Rlhf.LabelingUi.Shell.Requests;
using Rlhf.Storage.Labeling;

namespace Rlhf.LabelingUi.Features.Projects.Api;

/// <summary><c>/projects</c>: labeling projects. Researchers make and change them; annotators see those open to them.</summary>
internal static class ProjectsApi
{
    private const string Tag = "Projects";

    public static void Map(IEndpointRouteBuilder routes)
    {
        var everyone = routes.MapApi(Policies.Annotator, Tag);
        everyone.MapGet("/projects", ListAsync).Answers<IReadOnlyList<ProjectSummary>>()
            .Describe("Projects", "All of them for researchers; else those that are open, and your own.");
        everyone.MapGet("/projects/{project:guid}", GetAsync).Answers<ProjectDetails>().Describe("A project and what it asks");
        everyone.MapGet("/projects/{project:guid}/versions/{number:int}", GetVersionAsync).Answers<ProjectVersionDetails>()
            .Describe("A version of guidelines and questions", "It never changes.");
        var researchers = routes.MapApi(Policies.Researcher, Tag);
        researchers.MapPost("/projects", CreateAsync).Reads<CreateProjectRequest>()
            .Answers<CreatedProject>(StatusCodes.Status201Created).Answers<CreatedProject>().MayConflict()
            .Describe("Make a project", """
                Open to every annotator unless `access` is "members". What is asked comes from `template` (a protocol that ships),
                `templateYaml` (a file of your own), `question` (one ranking or pairwise preference) or `questions` (in full). The same
                request again finds the project that is there (200).
                """, """{"name": "Summaries", "question": "ranking", "k": 4, "overlap": 3, "guidelines": "Rank by how useful they are."}""",
                """{"id": "0199f0a3-0b1c-7d2e-8f3a-4b5c6d7e8f90"}""");
        researchers.MapPatch("/projects/{project:guid}", ChangeAsync).Reads<ChangeProjectRequest>().Answers<ProjectDetails>().MayConflict()
            .Describe("Change a project", """
                New guidelines or questions make its next version: leases already given show the old one, and answers keep the version
                that they answered. A lower overlap gives no new leases; those already given stay good.
                """, """{"overlap": 4, "settings": {"leaseMinutes": 60}}""");
        researchers.MapGet("/templates", () => ApiRoutes.Json(Templates())).Answers<IReadOnlyList<TemplateDetails>>()
            .Describe("Templates that ship", "With the text of their files, to begin one of your own from.");
    }

    /// <summary>Whether somebody sees every project; others see the open ones and their own.</summary>
    public static bool SeesAll(ClaimsPrincipal user) => user.Role() >= AccountRole.Researcher;

    private static async Task<IResult> ListAsync(ClaimsPrincipal user, LabelingProjects projects, CancellationToken stop) =>
        ApiRoutes.Json((await projects.ListAsync(user.AnnotatorId(), SeesAll(user), stop)).Select(ProjectSummary.From).ToList());

    private static async Task<IResult> GetAsync(
        Guid project, ClaimsPrincipal user, LabelingProjects projects, CancellationToken stop) =>
        ApiRoutes.Json(ProjectDetails.From(await projects.GetAsync(project, user.AnnotatorId(), SeesAll(user), stop), SeesAll(user)));

    private static async Task<IResult> GetVersionAsync(
        Guid project, int number, ClaimsPrincipal user, LabelingProjects projects, CancellationToken stop)
    {
        await projects.GetAsync(project, user.AnnotatorId(), SeesAll(user), stop);
        var version = await projects.VersionAsync(project, number, stop);
        return ApiRoutes.Json(new ProjectVersionDetails(version.Number, version.Guidelines, version.Questions, version.Created));
    }

    private static async Task<IResult> CreateAsync(
        HttpContext context, ClaimsPrincipal user, LabelingProjects projects, CancellationToken stop)
    {
        var request = await JsonBody.ReadAsync<CreateProjectRequest>(context);
        var (id, added) = await projects.CreateAsync(ProjectRequests.Read(request, user.Creator()), stop);
        return added ? ApiRoutes.Created(context, $"/projects/{id}", new CreatedProject(id)) : ApiRoutes.Json(new CreatedProject(id));
    }

    private static async Task<IResult> ChangeAsync(
        Guid project, HttpContext context, ClaimsPrincipal user, LabelingProjects projects, CancellationToken stop)
    {
        var request = await JsonBody.ReadAsync<ChangeProjectRequest>(context);
        await projects.ChangeAsync(project, ProjectRequests.Read(request), stop);
        return await GetAsync(project, user, projects, stop);
    }

    private static List<TemplateDetails> Templates() => [.. ProjectTemplates.Names.Select(name =>
        ProjectTemplates.Get(name) is var template
            ? new TemplateDetails(name, template.Title, template.K, ProjectTemplates.Yaml(name)) : throw new InvalidOperationException())];
}

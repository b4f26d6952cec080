using System.Security.Claims;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Rlhf.LabelingUi.Features.Account.Access;
using Rlhf.LabelingUi.Features.Labeling;
using Rlhf.LabelingUi.Features.Labeling.Answering;
using Rlhf.LabelingUi.Features.Projects.Bodies;
using Rlhf.LabelingUi.Shell.Api;
using Rlhf.LabelingUi.Shell.Requests;
using Rlhf.Storage.Json;
using Rlhf.Storage.Labeling;
using Rlhf.Storage.Labeling.Reading;

namespace Rlhf.LabelingUi.Features.Projects.Api;

/// <summary><c>/projects/{id}/tasks</c> and <c>/tasks/{id}</c>: the tasks of a project. Annotators only see what they lease.</summary>
internal static class TasksApi
{
    private const string Tag = "Tasks";
    private const int DefaultListed = 100, MaxListed = 1000;

    /// <summary>Some ten thousand tasks; larger sets come in several requests, or as a file.</summary>
    private const long MaxBytes = 100_000_000;

    public static void Map(IEndpointRouteBuilder routes)
    {
        var researchers = routes.MapApi(Policies.Researcher, Tag);
        researchers.MapPost("/projects/{project:guid}/tasks", AddAsync).Reads<IReadOnlyList<TaskBody>>()
            .Answers<AddTasksAnswer>(StatusCodes.Status201Created)
            .Describe("Add tasks", """
                All or none of them. A task whose prompt and completions are there already is found instead of added, so that the same
                request again adds nothing. `gold` makes a task of known answer, asked now and then (`goldShare`).
                """, """
                [{"prompt": "What is a lease?", "completions": [{"text": "A seat for a while.", "source": "ppo-2"}, {"text": "A dog."}],
                  "gold": [[0], [1]]}]
                """, """{"added": 1, "existing": 0, "ids": ["0199f0a3-11aa-7b1c-8d2e-4f5a6b7c8d9e"]}""");
        researchers.MapPatch("/projects/{project:guid}/tasks", SetOverlapAsync).Reads<TaskOverlapRequest>().AnswersNothing()
            .Describe("Change how many annotators some tasks want", null,
                """{"tasks": ["0199f0a3-11aa-7b1c-8d2e-4f5a6b7c8d9e"], "overlap": 5}""");
        var reviewers = routes.MapApi(Policies.Reviewer, Tag);
        reviewers.MapGet("/projects/{project:guid}/tasks", ListAsync).Answers<IReadOnlyList<TaskDetails>>()
            .Describe("Tasks of a project", "In its order, in pages of `?limit=` (100); `?open=true` for those that want further answers.");
        reviewers.MapGet("/tasks/{task:guid}", GetAsync).Answers<TaskDetails>().Describe("A task with all of its annotations");
    }

    private static async Task<IResult> AddAsync(
        Guid project, HttpContext context, ProjectTasks tasks, CancellationToken stop)
    {
        var bodies = await JsonBody.ReadAsync<IReadOnlyList<TaskBody>>(context, MaxBytes);
        var added = await tasks.AddAsync(project, questions => TaskRequests.Read(bodies, questions), stop);
        return ApiRoutes.Json(
            new AddTasksAnswer(added.Added, added.Ids.Count - added.Added, added.Ids), StatusCodes.Status201Created);
    }

    private static async Task<IResult> SetOverlapAsync(Guid project, HttpContext context, ProjectTasks tasks, CancellationToken stop)
    {
        var request = await JsonBody.ReadAsync<TaskOverlapRequest>(context);
        await tasks.SetOverlapAsync(project, request.Tasks, request.Overlap, stop);
        return TypedResults.NoContent();
    }

    private static async Task<IResult> ListAsync(
        Guid project, HttpContext context, ClaimsPrincipal user, LabelingProjects projects, TaskReader tasks, CancellationToken stop)
    {
        await projects.GetAsync(project, user.AnnotatorId(), ProjectsApi.SeesAll(user), stop);
        int limit = (int)(QueryValues.Number(context, "limit", 1, MaxListed) ?? DefaultListed);
        long from = (string?)context.Request.Query["cursor"] is { Length: > 0 } text ? PageCursor.Parse(text).At : 0;
        var filter = !context.Request.Query.ContainsKey("open") ? TaskFilter.All
            : QueryValues.Flag(context, "open") ? TaskFilter.Open : TaskFilter.Complete;
        var found = await tasks.ReadAsync(project, filter, from, limit + 1, stop);
        if (found.Count > limit)
            PageLinks.AddNext(context, new PageCursor(found[limit].Task.Position, 0));
        return ApiRoutes.Json(found.Take(limit).Select(task => Details(task, user)).ToList());
    }

    private static async Task<IResult> GetAsync(
        Guid task, ClaimsPrincipal user, LabelingProjects projects, TaskReader tasks, AnnotationList annotations, CancellationToken stop)
    {
        var found = await tasks.GetAsync(task, stop);
        await projects.GetAsync(found.Task.ProjectId, user.AnnotatorId(), ProjectsApi.SeesAll(user), stop);
        var audience = AnnotationsApi.AudienceOf(user);
        return ApiRoutes.Json(Details(found, user) with
        {
            Annotations = [.. (await annotations.OfTaskAsync(task, stop)).Select(a => AnnotationDetails.From(a, audience))],
        });
    }

    /// <summary>Completions named in the order of the task, as reviewers adjudicate them.</summary>
    public static PresentedPlaces PlacesOf(ProjectTask task) => PresentedPlaces.Create(
        task.Task.Completions.Select(c => new PresentedCompletion(c.Index, c.Content, c.Context)));

    private static TaskDetails Details(ProjectTask found, ClaimsPrincipal user)
    {
        var (task, places) = (found.Task, PlacesOf(found));
        bool sources = ProjectsApi.SeesAll(user);
        return new TaskDetails(task.Id, task.ProjectId, task.Kind, task.Position, ConversationBody.From(task.Context),
            [.. task.Completions.Select(c => new TaskCompletion(places.IdOfIndex(c.Index), c.Index)
            {
                Text = ContentJson.PlainText(c.Content),
                Messages = ContentJson.PlainText(c.Content) is null ? c.Content : null,
                Context = c.Context,
                Source = sources ? CompletionSource.Read(c.SamplingSettings) ?? c.CheckpointId?.ToString() : null,
            })], task.Overlap, task.Answered, task.Open, found.Skips.Count)
        {
            Skips = found.Skips,
            Gold = found.Gold is { } gold ? AnswerWriter.Write(gold.Answers, places) : null,
        };
    }
}

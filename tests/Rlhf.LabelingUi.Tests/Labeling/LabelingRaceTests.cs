using System.Collections.Concurrent;
using System.Net;
using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using Rlhf.LabelingUi.Features.Account.Access;
using Rlhf.Storage.Entities;

namespace Rlhf.LabelingUi.Tests.Labeling;

/// <summary>Many clients at once through HTTP: no seat twice, no answer lost.</summary>
public sealed class LabelingRaceTests
{
    private const int Clients = 50, Tasks = 200;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Fifty_clients_race_for_200_tasks_with_overlap_3_and_give_exactly_600_annotations()
    {
        await using var home = await LabelingHome.StartAsync();
        var researcher = await home.SignInAsync(AccountRole.Researcher);
        var project = await LabelingHome.ProjectAsync(researcher, """{"name": "race", "overlap": 3}""", Tasks);
        var acknowledged = new ConcurrentBag<Guid>();
        await Task.WhenAll(await ClientsAsync(home, async (client, number) =>
        {
            while (await NextAsync(client, project) is { } task)
            {
                // Each submission comes twice, of every third client at once.
                var first = SubmitAsync(client, task);
                acknowledged.Add(number % 3 == 0 ? await SubmitAsync(client, task) : await first);
                acknowledged.Add(number % 3 == 0 ? await first : await SubmitAsync(client, task));
            }
            return true;
        }));
        Assert.Equal(600, acknowledged.Distinct().Count());
        await CheckAsync(home, project, expected: 600, overlap: _ => 3);
        Assert.Equal(600, (await researcher.GetAsync($"/annotations?project={project}")).GetArrayLength());
    }

    [Fact]
    public async Task Abandoned_leases_and_skipped_tasks_come_back_and_half_of_the_overlap_can_be_raised_midway()
    {
        await using var home = await LabelingHome.StartAsync();
        var researcher = await home.SignInAsync(AccountRole.Researcher);
        var project = await LabelingHome.ProjectAsync(
            researcher, """{"name": "race", "overlap": 3, "settings": {"leaseMinutes": 1}}""", Tasks);
        int submitted = 0;
        await Task.WhenAll(await ClientsAsync(home, async (client, number) =>
        {
            for (int step = number; ; step++)
            {
                if (await NextAsync(client, project) is not { } task)
                {
                    if (await IsOverAsync(home, project))
                        return true;
                    // A lease time later; leases given meanwhile are given again.
                    home.Clock.Advance(TimeSpan.FromSeconds(20));
                    continue;
                }
                if (step % 5 == 0)
                {
                    // Abandoned: the next call of this client renews it, unless it has expired by then.
                    home.Clock.Advance(TimeSpan.FromSeconds(61));
                    continue;
                }
                if (step % 20 == 1)
                {
                    await client.PostAsync($"/assignments/{Assignment(task)}/skip", """{"reason": "unclear"}""", HttpStatusCode.NoContent);
                    continue;
                }
                using var answer = await client.SendAsync(
                    HttpMethod.Post, $"/assignments/{Assignment(task)}/annotation", ApiClient.RankingByText(task), $"{number}/{step}");
                // The clock runs fast: the seat may be somebody else's by now.
                Assert.Contains(answer.StatusCode, new[] { HttpStatusCode.Created, HttpStatusCode.OK, HttpStatusCode.Conflict });
                if (answer.StatusCode == HttpStatusCode.Created && Interlocked.Increment(ref submitted) == 300)
                {
                    var half = (await researcher.GetAsync($"/projects/{project}/tasks?limit=1000")).EnumerateArray()
                        .Where(t => t.GetProperty("position").GetInt64() % 2 == 0).Select(t => t.GetProperty("id").GetGuid());
                    await researcher.PatchAsync($"/projects/{project}/tasks",
                        JsonSerializer.Serialize(new { tasks = half, overlap = 4 }), HttpStatusCode.NoContent);
                }
            }
        }));
        await CheckAsync(home, project, expected: 700, overlap: position => position % 2 == 0 ? 4 : 3);
    }

    private static async Task<IEnumerable<Task<bool>>> ClientsAsync(LabelingHome home, Func<ApiClient, int, Task<bool>> work)
    {
        var clients = new List<ApiClient>();
        for (int i = 0; i < Clients; i++)
            clients.Add(await home.SignInAsync());
        return clients.Select((client, number) => Task.Run(() => work(client, number)));
    }

    private static async Task<JsonElement?> NextAsync(ApiClient client, Guid project)
    {
        using var response = await client.SendAsync(HttpMethod.Post, $"/projects/{project}/next", null);
        if (response.StatusCode == HttpStatusCode.NoContent)
            return null;
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        return JsonDocument.Parse(await response.Content.ReadAsStringAsync(Cancellation)).RootElement;
    }

    private static async Task<Guid> SubmitAsync(ApiClient client, JsonElement task)
    {
        using var response = await client.SendAsync(
            HttpMethod.Post, $"/assignments/{Assignment(task)}/annotation", ApiClient.RankingByText(task), Assignment(task).ToString());
        string text = await response.Content.ReadAsStringAsync(Cancellation);
        Assert.True(response.IsSuccessStatusCode, text);
        return JsonDocument.Parse(text).RootElement.GetProperty("id").GetGuid();
    }

    private static Guid Assignment(JsonElement task) => task.GetProperty("assignmentId").GetGuid();

    private static async Task<bool> IsOverAsync(LabelingHome home, Guid project)
    {
        await using var db = home.Served.Database.OpenReadContext();
        return !await db.Tasks.AnyAsync(t => t.ProjectId == project && t.Open, Cancellation);
    }

    /// <summary>As many answers to each task as it wants, each of another person.</summary>
    private static async Task CheckAsync(LabelingHome home, Guid project, int expected, Func<long, int> overlap)
    {
        await using var db = home.Served.Database.OpenReadContext();
        var annotations = await (
            from a in db.Annotations
            join t in db.Tasks on a.TaskId equals t.Id
            where t.ProjectId == project
            select new { a.AnnotatorId, t.Position, t.Answered, a.Revision }).ToListAsync(Cancellation);
        Assert.Equal(expected, annotations.Count);
        Assert.All(annotations.GroupBy(a => a.Position), task =>
        {
            Assert.Equal(overlap(task.Key), task.Count());
            Assert.Equal(task.Count(), task.Select(a => a.AnnotatorId).Distinct().Count());
            Assert.All(task, a => Assert.Equal((task.Count(), 1), (a.Answered, a.Revision)));
        });
        Assert.Equal(expected, await db.Assignments.CountAsync(
            a => a.ProjectId == project && a.State == AssignmentState.Submitted, Cancellation));
    }
}

using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using Rlhf.Core.Content;
using Rlhf.Core.Options;
using Rlhf.Core.Randomness;
using Rlhf.Storage.Datasets;
using Rlhf.Storage.Entities;

namespace Rlhf.Storage.Tests.Datasets;

public sealed class DatasetVersionTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private static readonly (string Prompt, string[] Completions, int[] Ranks, bool Simulated)[] s_content =
    [
        .. Enumerable.Range(0, 12)
            .Select(i => ($"Prompt {i / 2}", new[] { $"x{i}", $"y{i}", $"z{i}" }, new[] { 1 + i % 3, 2, 1 }, i % 4 == 0)),
    ];

    [Fact]
    public async Task The_file_depends_on_the_content_alone()
    {
        string file = await EnterAsync(0);
        for (uint order = 1; order < 4; order++)
            Assert.Equal(file, await EnterAsync(order));
        // One judgment changed is another data set.
        Assert.NotEqual(file, await EnterAsync(1, change: true));

        static async Task<string> EnterAsync(uint order, bool change = false)
        {
            await using var store = await Store.OpenAsync();
            store.Clock.Now += TimeSpan.FromDays(order);
            var stream = new RandomStream(order, "order");
            var project = await store.Labeling.CreateProjectAsync($"project {order}");
            foreach (int i in order == 0 ? [.. Enumerable.Range(0, s_content.Length)] : stream.Permutation(s_content.Length))
            {
                var (prompt, completions, ranks, simulated) = s_content[i];
                int[] places = order == 0 ? [0, 1, 2] : stream.Permutation(3, (uint)i);
                if (change && i == 5)
                    ranks = [2, 1, 3];
                await AnnotateAsync(store, project, prompt, [.. places.Select(p => completions[p])],
                    [.. places.Select(p => ranks[p])], simulated);
            }
            var versions = new DatasetVersions(store.Database, store.Clock);
            var version = await versions.CreateAsync(Request(project));
            Assert.Equal((12, 3, 6), (version.Annotations, version.SimulatedAnnotations, version.Prompts));
            await versions.MaterializeAsync(version.Id, store["rankings.jsonl"], cancellation: Cancellation);
            Assert.Matches("^[0-9a-f]{64}$", version.Name);
            Assert.Equal(version, await versions.CreateAsync(Request(project)));
            return File.ReadAllText(store["rankings.jsonl"]);
        }
    }

    [Fact]
    public async Task Lines_say_prompt_completions_ranks_split_weight_and_who()
    {
        await using var store = await Store.OpenAsync();
        var project = await store.Labeling.CreateProjectAsync(
            "p", questions: [Question.DefaultRanking with { MaxStrength = 3 }], cancellation: Cancellation);
        await AnnotateAsync(store, project, "Say é", ["b", "a", "c"], [2, 1, 2], simulated: true, strength: 1.5);
        string key = DatasetRequest.PromptKey("say  É");
        var versions = new DatasetVersions(store.Database);
        var version = await versions.CreateAsync(
            Request(project) with { HeldOut = 0, Weights = new Dictionary<string, double> { [key] = 0.25 } }, Cancellation);
        var made = await versions.MaterializeAsync(version.Id, store["r.jsonl"], cancellation: Cancellation);
        Assert.Equal(
            $$"""{"prompt":"Say é","completions":["a","b","c"],"ranks":[1,2,2],"strength":1.5,"split":"train","simulated":true,"weight":0.25,"promptHash":"{{key}}"}""" + "\n", File.ReadAllText(store["r.jsonl"]));
        Assert.Equal((1, 0, 1), (made.Train, made.HeldOut, made.Simulated));
        Assert.Equal(Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(File.ReadAllBytes(store["r.jsonl"]))),
            made.Sha256);
    }

    [Theory]
    [InlineData(Aggregation.Each, "9fc82793145e7915")]
    [InlineData(Aggregation.Majority, "900eebb1f5858a17")]
    [InlineData(Aggregation.Soft, "6bd3d6aa8f3df9d2")]
    [InlineData(Aggregation.Weighted, "900eebb1f5858a17")]
    public async Task The_same_content_is_the_same_bytes_today_and_later(Aggregation aggregation, string beginning)
    {
        await using var store = await Store.OpenAsync();
        var project = await store.Labeling.CreateProjectAsync("p", overlap: 3, cancellation: Cancellation);
        await store.Labeling.AddTasksAsync(
            project, Enumerable.Range(0, 40).Select(i => Store.Task($"Prompt {i / 2}", $"x{i}", $"y{i}", $"z{i}")),
            cancellation: Cancellation);
        for (int who = 0; who < 3; who++)
        {
            var annotator = await Labeling.LeaseTests.AnnotatorAsync(store);
            for (int i = 0; await store.Labeling.LeaseNextAsync(annotator, project, cancellation: Cancellation) is { } task; i++)
                await store.Labeling.SubmitAsync(annotator, task.AssignmentId, Store.Ranks(1 + (i % 3), 2, 1 + ((i + who) % 2)),
                    cancellation: Cancellation);
        }
        var versions = new DatasetVersions(store.Database);
        var version = await versions.CreateAsync(Request(project) with { Aggregation = aggregation }, Cancellation);
        Assert.StartsWith(beginning, (await versions.MaterializeAsync(version.Id, store["r.jsonl"], cancellation: Cancellation)).Sha256);
    }

    [Fact]
    public async Task The_same_request_finds_the_same_version_and_other_settings_make_another()
    {
        await using var store = await Store.OpenAsync();
        var project = await store.ProjectAsync(tasks: 3);
        await Labeling.LabelingTests.AnswerAllAsync(store, project);
        var versions = new DatasetVersions(store.Database);
        var first = await versions.CreateAsync(Request(project), Cancellation);
        Assert.Equal(first, await versions.CreateAsync(Request(project), Cancellation));
        var others = new[]
        {
            Request(project) with { HeldOut = 0.5 },
            Request(project) with { Aggregation = Aggregation.Majority },
            Request(project) with { Simulated = false },
            Request(project) with { Weights = new Dictionary<string, double> { [DatasetRequest.PromptKey("prompt 1")] = 2 } },
        };
        var names = new HashSet<string> { first.Name };
        foreach (var request in others)
            Assert.True(names.Add((await versions.CreateAsync(request, Cancellation)).Name));
        // The weight of a prompt that is not in it is none of its business.
        Assert.Equal(first.Name,
            (await versions.CreateAsync(Request(project) with { Weights = new Dictionary<string, double> { ["ab"] = 2 } },
                Cancellation)).Name);
        Assert.Contains("would be empty", await Store.RefusalAsync(() => versions.CreateAsync(Request(project) with { People = false })));
        Assert.Contains("held-out share", await Store.RefusalAsync(() => versions.CreateAsync(Request(project) with { HeldOut = 1 })));
    }

    [Fact]
    public async Task Later_annotations_and_corrections_do_not_change_a_version()
    {
        await using var store = await Store.OpenAsync();
        var project = await store.ProjectAsync(tasks: 2, overlap: 2);
        var annotator = await store.Labeling.CreateAnnotatorAsync(false, cancellation: Cancellation);
        var task = (await store.Labeling.LeaseNextAsync(annotator, project, cancellation: Cancellation))!;
        await store.Labeling.SubmitAsync(annotator, task.AssignmentId, Store.Ranks(1, 2), cancellation: Cancellation);
        var versions = new DatasetVersions(store.Database);
        var version = await versions.CreateAsync(Request(project), Cancellation);
        await versions.MaterializeAsync(version.Id, store["before.jsonl"], cancellation: Cancellation);
        await store.Labeling.CorrectAsync(annotator, task.AssignmentId, 1, Store.Ranks(2, 1), cancellation: Cancellation);
        await Labeling.LabelingTests.AnswerAllAsync(store, project);
        await versions.MaterializeAsync(version.Id, store["after.jsonl"], cancellation: Cancellation);
        Assert.Equal(File.ReadAllBytes(store["before.jsonl"]), File.ReadAllBytes(store["after.jsonl"]));
        Assert.NotEqual(version.Name, (await versions.CreateAsync(Request(project), Cancellation)).Name);
        await Assert.ThrowsAsync<Microsoft.Data.Sqlite.SqliteException>(
            () => store.Database.WriteAsync(db => db.Database.ExecuteSqlRawAsync("UPDATE DatasetVersions SET Manifest = 'x'", Cancellation),
                TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task A_prompt_stays_on_its_side_in_every_version()
    {
        await using var store = await Store.OpenAsync();
        var project = await store.ProjectAsync(tasks: 60);
        await Labeling.LabelingTests.AnswerAllAsync(store, project);
        var versions = new DatasetVersions(store.Database);
        var version = await versions.CreateAsync(Request(project) with { HeldOut = 0.3 }, Cancellation);
        var made = await versions.MaterializeAsync(version.Id, store["r.jsonl"], cancellation: Cancellation);
        Assert.InRange(made.HeldOut, 6, 30);
        foreach (string line in File.ReadLines(store["r.jsonl"]))
        {
            var row = JsonDocument.Parse(line).RootElement;
            Assert.Equal(PromptSplit.Side(row.GetProperty("prompt").GetString()!, 0.3) == PromptSide.HeldOut ? "heldOut" : "train",
                row.GetProperty("split").GetString());
        }
    }

    [Fact]
    public async Task The_majority_of_three_annotators_makes_one_line()
    {
        await using var store = await Store.OpenAsync();
        var project = await store.ProjectAsync(tasks: 1, overlap: 3, completions: 3);
        // a over b twice, b over c twice, a over c three times: a, b, c.
        foreach (int[] ranks in new int[][] { [1, 2, 3], [2, 1, 3], [1, 3, 2] })
        {
            var annotator = await store.Labeling.CreateAnnotatorAsync(false, cancellation: Cancellation);
            var task = (await store.Labeling.LeaseNextAsync(annotator, project, cancellation: Cancellation))!;
            await store.Labeling.SubmitAsync(annotator, task.AssignmentId, Store.Ranks(ranks), cancellation: Cancellation);
        }
        var versions = new DatasetVersions(store.Database);
        var each = await versions.CreateAsync(Request(project), Cancellation);
        await versions.MaterializeAsync(each.Id, store["each.jsonl"], cancellation: Cancellation);
        Assert.Equal(3, File.ReadLines(store["each.jsonl"]).Count());
        var majority = await versions.CreateAsync(Request(project) with { Aggregation = Aggregation.Majority }, Cancellation);
        await versions.MaterializeAsync(majority.Id, store["majority.jsonl"], cancellation: Cancellation);
        Assert.Contains("\"completions\":[\"a 0\",\"b 0\",\"c 0\"],\"ranks\":[1,2,3]",
            Assert.Single(File.ReadLines(store["majority.jsonl"])));
    }

    [Fact]
    public async Task A_full_circle_of_preferences_is_a_tie()
    {
        await using var store = await Store.OpenAsync();
        var project = await store.ProjectAsync(tasks: 1, overlap: 3, completions: 3);
        foreach (int[] ranks in new int[][] { [1, 2, 3], [3, 1, 2], [2, 3, 1] })
        {
            var annotator = await store.Labeling.CreateAnnotatorAsync(false, cancellation: Cancellation);
            var task = (await store.Labeling.LeaseNextAsync(annotator, project, cancellation: Cancellation))!;
            await store.Labeling.SubmitAsync(annotator, task.AssignmentId, Store.Ranks(ranks), cancellation: Cancellation);
        }
        var versions = new DatasetVersions(store.Database);
        var majority = await versions.CreateAsync(Request(project) with { Aggregation = Aggregation.Majority }, Cancellation);
        await versions.MaterializeAsync(majority.Id, store["majority.jsonl"], cancellation: Cancellation);
        Assert.Contains("\"ranks\":[1,1,1]", File.ReadAllText(store["majority.jsonl"]));
    }

    [Fact]
    public async Task Completions_left_out_of_a_ranking_are_left_out_of_its_line()
    {
        await using var store = await Store.OpenAsync();
        var project = await store.ProjectAsync(tasks: 2, completions: 3);
        var annotator = await store.Labeling.CreateAnnotatorAsync(false, cancellation: Cancellation);
        foreach (var answer in new[] { new Answer { Ranking = [[2], [0]] }, new Answer { NoneAcceptable = true } })
        {
            var task = (await store.Labeling.LeaseNextAsync(annotator, project, cancellation: Cancellation))!;
            await store.Labeling.SubmitAsync(annotator, task.AssignmentId, Answers.OfRanking(answer), cancellation: Cancellation);
        }
        var versions = new DatasetVersions(store.Database);
        var version = await versions.CreateAsync(Request(project), Cancellation);
        await versions.MaterializeAsync(version.Id, store["r.jsonl"], cancellation: Cancellation);
        Assert.Contains("\"completions\":[\"a 0\",\"c 0\"],\"ranks\":[2,1]", Assert.Single(File.ReadLines(store["r.jsonl"])));
    }

    internal static DatasetRequest Request(Guid project) => new() { Projects = [project] };

    internal static async Task AnnotateAsync(
        Store store, Guid project, string prompt, string[] completions, int[] ranks, bool simulated, double? strength = null)
    {
        await store.Labeling.AddTasksAsync(project, [Store.Task(prompt, completions)]);
        var annotator = await store.Labeling.CreateAnnotatorAsync(simulated);
        var task = (await store.Labeling.LeaseNextAsync(annotator, project))!;
        await store.Labeling.SubmitAsync(annotator, task.AssignmentId, Answers.OfRanking(Answer.FromRanks(ranks, strength)));
    }
}

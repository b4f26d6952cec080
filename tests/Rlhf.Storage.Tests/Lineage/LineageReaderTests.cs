using Microsoft.EntityFrameworkCore;
using Rlhf.Storage.Datasets;
using Rlhf.Storage.Entities;
using Rlhf.Storage.Labeling;
using Rlhf.Storage.Lineage;

namespace Rlhf.Storage.Tests.Lineage;

public sealed class LineageReaderTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task From_a_policy_to_the_annotations_and_back()
    {
        await using var store = await Store.OpenAsync();
        var home = new Home(Path.GetDirectoryName(store["rlhf.db"])!);
        // start ─candidates─▶ annotations ─▶ version ─reward─▶ reward model ─ppo─▶ policy
        var start = new Checkpoint { Kind = CheckpointKind.Policy, Path = "/models/start", Sha256 = new string('a', 64) };
        await AddAsync(store, start);
        var project = await store.Labeling.CreateProjectAsync("tales", cancellation: Cancellation);
        await store.Labeling.AddTasksAsync(project, Enumerable.Range(0, 3).Select(i => new NewTask(LabelingService.Prompt($"p {i}"),
            [NewCompletion.FromText("a") with { CheckpointId = start.Id }, NewCompletion.FromText("b") with { CheckpointId = start.Id }])),
            cancellation: Cancellation);
        await Labeling.LabelingTests.AnswerAllAsync(store, project);
        var version = await new DatasetVersions(store.Database, store.Clock).CreateAsync(
            new DatasetRequest { Projects = [project] }, Cancellation);
        var run = new Run { Kind = "reward", Options = "{}", DatasetVersionId = version.Id, State = RunState.Succeeded };
        await store.Database.WriteAsync(db => { db.Runs.Add(run); return Task.CompletedTask; }, Cancellation);
        var reward = new Checkpoint
        {
            Kind = CheckpointKind.Reward,
            Path = $"runs/{run.Id}/attempts/1/model",
            Sha256 = new string('b', 64),
            RunId = run.Id,
            DatasetVersionId = version.Id,
        };
        reward.Parents.Add(new CheckpointParent { ParentId = start.Id, Role = "policy" });
        await AddAsync(store, reward);
        var policy = new Checkpoint { Kind = CheckpointKind.Policy, Path = "runs/x/model", Sha256 = new string('c', 64) };
        policy.Parents.Add(new CheckpointParent { ParentId = start.Id, Role = "policy" });
        policy.Parents.Add(new CheckpointParent { ParentId = reward.Id, Role = "rewardModel" });
        await AddAsync(store, policy);
        Guid annotation;
        await using (var db = store.Database.OpenReadContext())
            annotation = await db.Annotations.Select(a => a.Id).FirstAsync(Cancellation);

        var reader = new LineageReader(store.Database, home);
        var up = await reader.FindAsync(policy.Id.ToString(), Cancellation);
        Assert.Equal(["policy", "rewardModel"], up.From.Select(n => n.Text.Split(':')[0]).Order());
        var dataset = Assert.Single(All(up, n => n.From), n => n.Kind == "dataset");
        Assert.Equal((version.Name, 3), (dataset.Id, dataset.Facts["annotations"]));
        Assert.Equal(["annotators", "checkpoint", "project"], dataset.From.Select(n => n.Kind).Order());
        Assert.Equal(start.Id.ToString(), dataset.From.Single(n => n.Kind == "checkpoint").Id);

        // Back again, from the annotation and from the version.
        foreach (string name in new[] { annotation.ToString(), version.Name[..10], version.Id.ToString() })
            Assert.Equal([reward.Id.ToString(), policy.Id.ToString()],
                All(await reader.FindAsync(name, Cancellation), n => n.To).Where(n => n.Kind == "checkpoint").Select(n => n.Id));
        // The reward model by its run, its hash and its folder.
        Directory.CreateDirectory(home.Absolute(reward.Path));
        foreach (string name in new[] { run.Id.ToString(), "bbbbbbbb", home.Absolute(reward.Path), home.RunFolder(run.Id) })
            Assert.Equal(reward.Id.ToString(), (await reader.FindAsync(name, Cancellation)).Id);
        Assert.Contains("is not a checkpoint, run, dataset version or annotation",
            await Store.RefusalAsync(() => reader.FindAsync(Guid.NewGuid().ToString())));
        Assert.Contains("is not a checkpoint", await Store.RefusalAsync(() => reader.FindAsync("bbb")));
    }

    private static IEnumerable<LineageNode> All(LineageNode node, Func<LineageNode, IReadOnlyList<LineageNode>> next) =>
        next(node).SelectMany(n => All(n, next).Prepend(n));

    private static Task AddAsync(Store store, Checkpoint checkpoint) => store.Database.WriteAsync(db =>
    {
        db.Checkpoints.Add(checkpoint);
        return Task.CompletedTask;
    }, Cancellation);
}

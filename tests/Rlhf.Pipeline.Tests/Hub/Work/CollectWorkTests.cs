using Rlhf.Core.Options;
using Rlhf.Pipeline.Files;
using Rlhf.Pipeline.Hub.Work;
using Rlhf.Pipeline.Runs;
using Rlhf.Pipeline.Stages;
using Rlhf.Simulation.Reviews;
using Rlhf.Storage;
using Rlhf.Storage.Datasets;
using Rlhf.Storage.Import;
using Rlhf.Storage.Labeling;
using Rlhf.Testing;

namespace Rlhf.Pipeline.Tests.Hub.Work;

/// <summary>Simulated annotators rank candidates.</summary>
public sealed class CollectWorkTests : IDisposable
{
    private readonly TemporaryFolder _place = new();

    public CollectWorkTests() => RunJson.WriteLines(_place["candidates.jsonl"], Enumerable.Range(0, 30).Select(i => new CandidateLine(
        ReviewGrammar.Prompt(1, i).Text, HeldOut: false,
        [.. new[] { ReviewGrammar.Document(1, i).Completion, " hated it." }.Select((text, c) =>
            new CandidateCompletion(text, [c + 1], [-1], "stop"))])));

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => _place.Dispose();

    [Fact]
    public async Task A_run_that_was_killed_and_taken_up_again_gives_the_same_bytes()
    {
        var options = new CollectOptions { Overlap = 3, Annotators = new SimulatedAnnotatorOptions { Count = 4, ErrorRate = 0.4 } };
        var undisturbed = await CollectAsync("undisturbed", options);
        string expected = File.ReadAllText(undisturbed.RankingsFile);
        Assert.Equal(90, undisturbed.ReadResult<CollectResult>().Rankings);
        // The last of these is after the last ranking, before the dataset version.
        for (int kill = 1; kill <= 5; kill++)
        {
            var folder = await CollectAsync($"killed {kill}", options, kill);
            Assert.Equal(2, folder.Number);
            Assert.Equal(expected, File.ReadAllText(folder.RankingsFile));
        }
        // Killed at every chance.
        Assert.Equal(expected, File.ReadAllText((await CollectAsync("killed often", options, 1, 2, 1, 1)).RankingsFile));
    }

    [Fact]
    public async Task Rankings_of_several_annotators_are_aggregated_as_the_option_says()
    {
        var options = new CollectOptions
        {
            Overlap = 3,
            HeldOut = 0,
            Annotators = new SimulatedAnnotatorOptions { Count = 3, ErrorRate = 0.4 },
        };
        var lines = new Dictionary<Aggregation, List<RankingLine>>();
        foreach (var aggregation in Enum.GetValues<Aggregation>())
            lines[aggregation] = [.. RunJson.ReadLines<RankingLine>(
                (await CollectAsync($"{aggregation}", options with { Aggregation = aggregation })).RankingsFile)];
        Assert.Equal(90, lines[Aggregation.Each].Count);
        Assert.Equal(30, lines[Aggregation.Majority].Count);
        Assert.Equal(30, lines[Aggregation.Weighted].Count);
        Assert.InRange(lines[Aggregation.Soft].Count, 31, 89);
        Assert.All(lines[Aggregation.Soft].GroupBy(l => l.Prompt), prompt => Assert.Equal(1, prompt.Sum(l => l.Weight), 1e-9));
        // All three agree on these.
        Assert.InRange(lines[Aggregation.Adjudicated].Select(l => l.Prompt).Distinct().Count(), 1, 29);
        Assert.Equal(lines[Aggregation.Adjudicated].Select(l => l.Prompt).Order(),
            lines[Aggregation.Soft].Where(l => l.Weight == 1).Select(l => l.Prompt).Order());
    }

    /// <summary>Collects in a home folder of its own; killed at the given report of progress of each attempt but the last.</summary>
    private async Task<AttemptFolder> CollectAsync(string home, CollectOptions options, params int[] kills)
    {
        var place = Home.Open(_place[home]);
        var run = new RunFolder(place.RunFolder(Guid.CreateVersion7()));
        Directory.CreateDirectory(run.Path);
        string candidates = _place["candidates.jsonl"];
        run.Write(new RunManifest(run.Id, RunKinds.Collect, options.Seed, RunFolder.OptionsObject(options),
            [new RunInput(InputNames.Candidates, candidates, InputHash.Compute(candidates))], "reviews", MachineFacts.Current()));
        foreach (int kill in kills)
        {
            using var killed = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
            int reports = 0;
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => WorkAsync(place, run, options, () =>
            {
                if (++reports == kill)
                    killed.Cancel();
            }, killed.Token));
        }
        return await WorkAsync(place, run, options, () => { }, Cancellation);
    }

    /// <summary>One attempt, with a database of its own as after a restart.</summary>
    private static async Task<AttemptFolder> WorkAsync(
        Home home, RunFolder run, CollectOptions options, Action progress, CancellationToken stop)
    {
        using var database = await RlhfDatabase.OpenAsync(home.Database, stop);
        var labeling = new LabelingService(database);
        var work = new CollectWork(
            database, labeling, new JudgmentImport(database), new DatasetFiles(database, new DatasetVersions(database)),
            new CandidateTasks(home, database, labeling, TimeProvider.System));
        var folder = run.NextAttempt().Create();
        folder.WriteResult(await work.RunAsync(folder, options, (_, _) => progress(), stop));
        return folder;
    }
}

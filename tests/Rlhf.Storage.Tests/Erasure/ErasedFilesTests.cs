using System.Text;
using System.Text.Json.Nodes;
using Microsoft.EntityFrameworkCore;
using Rlhf.Storage.Datasets;
using Rlhf.Storage.Entities;
using Rlhf.Storage.Erasure;
using Rlhf.Storage.Runs;

namespace Rlhf.Storage.Tests.Erasure;

/// <summary>That what is erased is erased from the folders of runs too.</summary>
public sealed class ErasedFilesTests
{
    private const string Prompt = "a prompt \"that\" nobody élse would ask";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task No_hash_of_a_materialized_dataset_is_left()
    {
        await using var store = await Store.OpenAsync();
        var home = new Home(store["."]);
        var project = await store.ProjectAsync(tasks: 2);
        await Labeling.LabelingTests.AnswerAllAsync(store, project);
        var versions = new DatasetVersions(store.Database);
        var version = await versions.CreateAsync(new DatasetRequest { Projects = [project] }, Cancellation);
        var (collect, reward, other) = (Run("collect", version.Id), Run("reward", version.Id), Run("reward", null));
        var label = Run("label", version.Id);
        string rankings = Path.Combine(home.RunFolder(collect.Id), "attempts", "1", "rankings.jsonl");
        string sha = (await versions.MaterializeAsync(version.Id, rankings, cancellation: Cancellation)).Sha256;
        Write(Path.Combine(home.RunFolder(collect.Id), "attempts", "1", "result.json"), $$"""{"rankings":2,"rankingsSha256":"{{sha}}"}""");
        Write(Path.Combine(home.RunFolder(reward.Id), "run.json"),
            $$"""{"id":"{{reward.Id}}","inputs":[{"name":"model","path":"/m","sha256":"aa"},{"name":"rankings","path":"{{rankings}}","sha256":"{{sha}}"}],"seed":1}""");
        File.Copy(rankings, Path.Combine(home.RunFolder(reward.Id), "rankings.jsonl"));
        Write(Path.Combine(home.RunFolder(other.Id), "rankings.jsonl"), "{}");
        collect.Result = $$"""{"rankings":2,"rankingsSha256":"{{sha}}"}""";
        label.Result = $$$"""{"project":"{{{project}}}","tasks":2,"collected":{"rankings":2,"rankingsSha256":"{{{sha}}}"}}""";
        Write(Path.Combine(home.RunFolder(label.Id), "attempts", "2", "result.json"), label.Result);
        await store.Database.WriteAsync(db =>
        {
            db.AddRange(collect, reward, other, label);
            return Task.CompletedTask;
        }, Cancellation);

        Guid annotation;
        await using (var db = store.Database.OpenReadContext())
            annotation = await db.Annotations.Select(a => a.Id).FirstAsync(Cancellation);
        var result = await new Erasures(store.Database, home, store.Clock).EraseAsync(ErasureKind.Annotation, annotation, Cancellation);
        Assert.Equal(2, result.RemovedFiles.Count);
        Assert.Empty(Containing(home, sha));
        var inputs = JsonNode.Parse(File.ReadAllText(Path.Combine(home.RunFolder(reward.Id), "run.json")))!["inputs"]!;
        Assert.Equal(("aa", "erased"), ((string)inputs[0]!["sha256"]!, (string)inputs[1]!["sha256"]!));
        Assert.True(File.Exists(Path.Combine(home.RunFolder(other.Id), "rankings.jsonl")));
        // Files that were left by an erasure that did not come to its end go when it is asked for again.
        Write(rankings, "{}");
        Assert.Equal([rankings],
            (await new Erasures(store.Database, home, store.Clock).EraseAsync(
                ErasureKind.Annotation, annotation, Cancellation)).RemovedFiles);
    }

    [Fact]
    public async Task An_erased_prompt_is_taken_out_of_candidates_evaluations_samples_and_reports()
    {
        await using var store = await Store.OpenAsync();
        var home = new Home(store["."]);
        var project = await store.Labeling.CreateProjectAsync("project", cancellation: Cancellation);
        await store.Labeling.AddTasksAsync(
            project, [Store.Task(Prompt, "a", "b"), Store.Task("other", "a", "b")], cancellation: Cancellation);
        var pipeline = new PipelineRun { Name = "p", Definition = "{}", Created = store.Clock.Now };
        var run = Run("evaluate", null, pipeline.Id);
        await store.Database.WriteAsync(db =>
        {
            db.AddRange(pipeline, run);
            return Task.CompletedTask;
        }, Cancellation);
        string folder = home.RunFolder(run.Id), attempt = Home.AttemptFolder(folder, 1);
        Write(Path.Combine(folder, "prompts.jsonl"), $$"""{"prompt":{{Json(Prompt)}},"heldOut":true}""" + "\n"
            + """{"prompt":"other"}""" + "\n");
        // As the page that samples a model keeps what was typed.
        string typed = Path.Combine(home.Prompts, "typed.jsonl");
        Write(typed, $$"""{"prompt":{{Json(Prompt)}}}""" + "\n" + """{"prompt":"other"}""" + "\n");
        // The same text as another encoder writes it.
        Write(Path.Combine(attempt, "evaluation.jsonl"), """{"prompt":"other","before":"x"}""" + "\n"
            + """{"prompt":"a prompt \u0022that\u0022 nobody \u00e9lse would ask","before":"y"}""" + "\n");
        Write(Path.Combine(attempt, "candidates.jsonl"), """{"prompt":"a third"}""" + "\n");
        using (var metrics = new RunMetricsWriter(Path.Combine(attempt, Home.RunDatabaseName)))
            metrics.Samples([new RunSample(1, 0, Prompt, "a completion of it", new Dictionary<string, double>()),
                new RunSample(1, 1, "other", "kept", new Dictionary<string, double>())]);
        Write(home.Report(pipeline.Id), "<html>" + Prompt);

        Guid task;
        await using (var db = store.Database.OpenReadContext())
            task = await db.Tasks.Where(t => t.Position == 0).Select(t => t.Id).SingleAsync(Cancellation);
        var result = await new Erasures(store.Database, home, store.Clock).EraseAsync(ErasureKind.Prompt, task, Cancellation);
        Assert.Equal([home.Report(pipeline.Id)], result.RemovedFiles);
        Assert.Equal(["evaluation.jsonl", "prompts.jsonl", "run.db"],
            result.ChangedFiles.Select(Path.GetFileName).Order(StringComparer.Ordinal));
        foreach (string erased in new[] { Prompt, "nobody", "a completion of it", "\"y\"" })
            Assert.Empty(Containing(home, erased));
        Assert.Equal("""{"prompt":"other"}""" + "\n", File.ReadAllText(Path.Combine(folder, "prompts.jsonl")));
        Assert.Equal("""{"prompt":"other"}""" + "\n", File.ReadAllText(typed));
        using var reader = new RunMetricsReader(Path.Combine(attempt, Home.RunDatabaseName));
        Assert.Equal("kept", Assert.Single(reader.Samples(1)).Completion);
    }

    private static Run Run(string kind, Guid? version, Guid? pipeline = null) =>
        new() { Kind = kind, Options = "{}", DatasetVersionId = version, PipelineRunId = pipeline, Created = DateTimeOffset.UnixEpoch };

    private static string Json(string text) => System.Text.Json.JsonSerializer.Serialize(text, Storage.Json.ContentJson.Settings);

    private static void Write(string path, string text)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, text);
    }

    private static List<string> Containing(Home home, string text) =>
    [
        .. Directory.EnumerateFiles(home.Root, "*", SearchOption.AllDirectories)
            .Where(file => ErasureTests.Read(file).AsSpan().IndexOf(Encoding.UTF8.GetBytes(text)) >= 0),
    ];
}

using System.Globalization;
using Rlhf.Core.Options;
using Rlhf.Definitions.Pipelines;
using Rlhf.Pipeline.Files;
using Rlhf.Pipeline.Hub.Work;
using Rlhf.Pipeline.Runs;
using Rlhf.Pipeline.Tests.Runs;
using Rlhf.Storage;
using Rlhf.Storage.Entities;
using Rlhf.Storage.Runs;
using Rlhf.Testing;

namespace Rlhf.Pipeline.Tests.Hub.Work;

/// <summary>The collect stage on files that people bring.</summary>
public sealed class CollectImportTests : IDisposable
{
    private readonly TemporaryFolder _place = new();

    public void Dispose() => _place.Dispose();

    private Home Home => Home.Open(_place["home"]);

    [Fact]
    public async Task An_edited_file_trains_on_what_it_says_now()
    {
        string path = _place["pairs.jsonl"];
        File.WriteAllLines(path, [Pair("p", "good", "bad"), Pair("q", "yes", "no")]);
        Assert.Equal(2, (await CollectAsync(path)).Result.Rankings);
        File.WriteAllLines(path, [Pair("p", "bad", "good")]);
        var (result, lines) = await CollectAsync(path);
        Assert.Equal((1, 1, 0), (result.Rankings, result.Lines, result.Known));
        Assert.Equal(["bad", "good"], Assert.Single(lines).Completions);
        Assert.Equal([1, 2], lines[0].Ranks);
        Assert.Equal(1, (await CollectAsync(path)).Result.Known);
    }

    [Fact]
    public async Task What_is_left_out_is_counted_and_named()
    {
        string path = _place["pairs.jsonl"];
        File.WriteAllLines(path,
            [.. Enumerable.Range(0, 199).Select(i => Pair($"p {i.ToString(CultureInfo.InvariantCulture)}", "a", "b")),
                "{\"chosen\": NaN}"]);
        var (result, _) = await CollectAsync(path);
        Assert.Equal((199, 200, 1), (result.Rankings, result.Lines, result.BadLines));
        Assert.StartsWith($"{path}:200: not valid JSON", result.FirstBadLine);
    }

    [Fact]
    public async Task Dialogues_become_messages_and_are_trained_on_as_they_were_written()
    {
        string path = _place["dialogues.jsonl"];
        File.WriteAllLines(path,
        [
            """{"chosen":"\n\nHuman: a\n\nAssistant: b\n\nHuman: c\n\nAssistant: d","rejected":"\n\nHuman: a\n\nAssistant: b\n\nHuman: c\n\nAssistant: "}""",
            """{"chosen":"\n\nHuman: e\n\nAssistant: f","rejected":"\n\nHuman: e\n\nAssistant: g"}""",
        ]);
        var (_, lines) = await CollectAsync(path);
        Assert.Equal(["\n\nHuman: a\n\nAssistant: b\n\nHuman: c\n\nAssistant:", "\n\nHuman: e\n\nAssistant:"],
            lines.Select(l => l.Prompt).Order());
        Assert.Equal([" ", " d", " f", " g"], lines.SelectMany(l => l.Completions).Order());
    }

    [Fact]
    public async Task Weights_of_prompts_reach_the_rankings_and_name_another_version()
    {
        string pairs = _place["pairs.jsonl"], weights = _place["weights.jsonl"];
        File.WriteAllLines(pairs, [Pair("p", "good", "bad"), Pair("q", "yes", "no")]);
        File.WriteAllLines(weights, ["""{"prompt": "q", "weight": 0.25}""", """{"prompt": "nobody asked", "weight": 2}"""]);
        var (plain, _) = await CollectAsync(pairs);
        var (result, lines) = await CollectAsync(pairs, weights);
        Assert.Equal([("p", 1.0), ("q", 0.25)], lines.Select(l => (l.Prompt, l.Weight)).Order());
        Assert.Equal((0, 1), (plain.UnusedWeights, result.UnusedWeights));
        Assert.NotEqual(plain.Dataset, result.Dataset);
    }

    [Fact]
    public async Task A_file_of_weights_is_checked_before_anything_is_imported()
    {
        string pairs = _place["pairs.jsonl"], weights = _place["weights.jsonl"];
        File.WriteAllLines(pairs, [Pair("p", "good", "bad")]);
        File.WriteAllLines(weights, ["""{"prompt": "p", "weight": -1}"""]);
        var outcome = await RunAsync(pairs, weights);
        Assert.Contains($"{weights}:1: weight must be a number between 0.000001 and 1000000; got -1", outcome.Reason);
        Assert.Contains("no such file", (await RunAsync(pairs, _place["none.jsonl"])).Reason);
    }

    [Fact]
    public async Task Devices_and_pipes_are_refused()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "SKIPPED: device files as on Linux");
        var outcome = await RunAsync("/dev/zero");
        Assert.Contains("is a character device", outcome.Reason);
    }

    private async Task<(CollectResult Result, IReadOnlyList<RankingLine> Lines)> CollectAsync(string data, string weights = "")
    {
        var outcome = await RunAsync(data, weights);
        Assert.True(outcome.State == RunState.Succeeded, outcome.Reason);
        var folder = new RunFolder(Home.RunFolder(outcome.Runs[0].Id)).Attempt(outcome.Runs[0].Attempt);
        return (folder.ReadResult<CollectResult>(), [.. RunJson.ReadLines<RankingLine>(folder.RankingsFile)]);
    }

    private async Task<PipelineStatus> RunAsync(string data, string weights = "")
    {
        await using var hub = await TestHub.StartAsync(Home, ShellChild.Script(_place, "exit 1"));
        var options = new CollectOptions { Data = data, Weights = weights };
        return await hub.EndOfAsync(await hub.StartPipelineAsync(new PipelineStage(RunKinds.Collect, options)));
    }

    private static string Pair(string prompt, string chosen, string rejected) =>
        $$"""{"prompt":"{{prompt}}","chosen":"{{chosen}}","rejected":"{{rejected}}"}""";
}

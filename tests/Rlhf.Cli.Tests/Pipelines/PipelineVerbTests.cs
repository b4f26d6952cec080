using System.Text.Json;
using Rlhf.Testing;

namespace Rlhf.Cli.Tests.Pipelines;

[Collection(TinyLoop.Tests)]
public sealed class PipelineVerbTests(TinyLoop loop)
{
    [Fact]
    public void The_same_seed_gives_the_same_bytes_and_another_seed_others()
    {
        var first = Run("first");
        var second = Run("second");
        var other = Run("other", "--set", "seed=4");

        Assert.Equal(Bytes(first, "policy"), Bytes(second, "policy"));
        Assert.Equal(Bytes(first, "reward_model"), Bytes(second, "reward_model"));
        foreach (string file in new[] { "candidates", "rankings", "evaluation" })
            Assert.Equal(File.ReadAllBytes(Text(first, file)), File.ReadAllBytes(Text(second, file)));
        Assert.NotEqual(Bytes(first, "policy"), Bytes(other, "policy"));
        Assert.NotEqual(Bytes(first, "policy"), File.ReadAllBytes(Path.Combine(loop.Model, "model.safetensors")));
    }

    [Fact]
    public void The_last_line_is_an_object_that_the_files_bear_out()
    {
        var result = Run("json");

        foreach (string name in new[] { "policy", "start_policy", "reward_model", "evaluation", "report", "rankings", "candidates", "run" })
        {
            Assert.True(Path.IsPathFullyQualified(Text(result, name)), name);
            Assert.True(Path.Exists(Text(result, name)), name);
        }
        Assert.True(result.GetProperty("seconds").GetDouble() > 0);
        Assert.True(result.GetProperty("peak_bytes").GetInt64() > 50_000_000);
        Assert.True(result.GetProperty("reward_accuracy").GetProperty("ceiling").GetDouble() is >= 0 and <= 1);
        Assert.True(double.IsFinite(result.GetProperty("kl").GetDouble()));

        // The win rate is what the evaluation file says, and that is what rlhf gold says of its texts.
        var lines = File.ReadLines(Text(result, "evaluation")).Select(l => JsonDocument.Parse(l).RootElement).ToList();
        Assert.Equal(12, lines.Count);
        double won = lines.Average(l => Outcome(l.GetProperty("gold_after").GetDouble(), l.GetProperty("gold_before").GetDouble()));
        Assert.Equal(won, result.GetProperty("win_rate").GetProperty("value").GetDouble(), 12);
        using var place = new TemporaryFolder();
        File.WriteAllLines(place["after.jsonl"],
            lines.Select(l => JsonSerializer.Serialize(new { prompt = Text(l, "prompt"), completion = Text(l, "after") })));
        var gold = Last(RlhfProgram.Run("gold", "--reward", Text(result, "gold_reward"), "--file", place["after.jsonl"], "--json"));
        Assert.Equal(lines.Select(l => l.GetProperty("gold_after").GetDouble()),
            gold.GetProperty("scores").EnumerateArray().Select(s => s.GetDouble()));

        // Two judgments for each prompt, none of a held-out prompt in training.
        var rankings = File.ReadLines(Text(result, "rankings")).Select(l => JsonDocument.Parse(l).RootElement).ToList();
        Assert.Equal(28, rankings.Count);
        Assert.All(rankings, r => Assert.True(r.GetProperty("simulated").GetBoolean()));
        Assert.Equal(8, rankings.Count(r => Text(r, "split") == "heldOut"));
        Assert.All(rankings.Where(r => Text(r, "split") == "train"), r => Assert.False(r.TryGetProperty("gold", out _)));
    }

    [Fact]
    public void Lineage_walks_from_the_policy_to_the_rankings_and_back()
    {
        var result = Run("lineage");
        JsonElement Lineage(string id) => Last(RlhfProgram.Run("lineage", id, "--home", loop.Home("lineage"), "--json"));
        var policy = Lineage(Text(result, "policy"));
        var reward = policy.GetProperty("from").EnumerateArray()
            .Single(n => Text(n, "text").StartsWith("rewardModel: ", StringComparison.Ordinal));
        var dataset = reward.GetProperty("from").EnumerateArray().Single(n => Text(n, "kind") == "dataset");
        Assert.Equal(28, dataset.GetProperty("facts").GetProperty("annotations").GetInt32());
        var annotators = dataset.GetProperty("from").EnumerateArray().Single(n => Text(n, "kind") == "annotators");
        var facts = annotators.GetProperty("facts");
        Assert.Equal((3, 3), (facts.GetProperty("count").GetInt32(), facts.GetProperty("simulated").GetInt32()));
        // The completions that were ranked name the policy that they were sampled from.
        Assert.Contains(dataset.GetProperty("from").EnumerateArray(), n =>
            Text(n, "text").StartsWith("completions sampled from: policy checkpoint", StringComparison.Ordinal));
        Assert.Contains(Text(policy, "id"), Lineage(Text(dataset, "id")[..12]).GetProperty("to").GetRawText());
        Assert.Contains($"from dataset version {Text(dataset, "id")[..12]}: 28 annotations (28 simulated)",
            RlhfProgram.Run("lineage", Text(policy, "id"), "--home", loop.Home("lineage")).Text);
        Assert.Contains("is not a checkpoint", RlhfProgram.Refused("lineage", "abc", "--home", loop.Home("lineage")));
    }

    [Fact]
    public void A_stage_runs_alone()
    {
        using var place = new TemporaryFolder();
        string Home(string name) => loop.Home("alone-" + name);
        var candidates = Last(RlhfProgram.Run("candidates", "--home", Home("a"), "--json", "--set", $"model={loop.Model}", "--set",
            "trainPrompts=4", "--set", "heldOutPrompts=2", "--set", "sampling.maxNewTokens=4"));
        var collected = Last(RlhfProgram.Run(
            "collect", "--home", Home("b"), "--json", "--set", $"candidates={Text(candidates, "candidates")}"));
        File.WriteAllText(place["reward.yaml"], "batchSize: 2\nnormalizationSamples: 0\n");
        var reward = Last(RlhfProgram.Run("reward", "--config", place["reward.yaml"], "--home", Home("c"), "--json", "--set",
            $"model={loop.Model}", "--set", $"rankings={Text(collected, "rankings")}"));
        Assert.True(File.Exists(Path.Combine(Text(reward, "reward_model"), "model.safetensors")));
    }

    [Theory]
    [InlineData("ppo.updats=3", "updates")]
    [InlineData("ppo.updates=many", "an integer")]
    [InlineData("ppo.updates=0", "updates")]
    [InlineData("modell=x", "model")]
    public void What_does_not_fit_is_refused_with_what_would(string set, string expected) =>
        Assert.Contains(expected,
            RlhfProgram.Refused("pipeline", "run", loop.File, "--home", loop.Home("refused"), "--set", $"model={loop.Model}", "--set", set),
            StringComparison.Ordinal);

    [Fact]
    public void A_missing_model_is_asked_for_and_a_wrong_one_named()
    {
        Assert.Contains("--set model=", RlhfProgram.Refused("pipeline", "run", loop.File, "--home", loop.Home("refused")),
            StringComparison.Ordinal);
        Assert.Contains("config.json",
            RlhfProgram.Refused("pipeline", "run", loop.File, "--home", loop.Home("refused"), "--set", "model=/nothing/here"),
            StringComparison.Ordinal);
        Assert.Contains("execute", RlhfProgram.Refused("execute"), StringComparison.Ordinal);
    }

    private JsonElement Run(string home, params string[] more) =>
        Last(RlhfProgram.Run(["pipeline", "run", loop.File, "--home", loop.Home(home), "--json", "--set", $"model={loop.Model}", .. more]));

    private static JsonElement Last(Answer answer)
    {
        Assert.True(answer.ExitCode == 0, answer.Error);
        return JsonDocument.Parse(answer.Text.TrimEnd('\n').Split('\n')[^1]).RootElement;
    }

    private static string Text(JsonElement element, string name) => element.GetProperty(name).GetString()!;

    private static byte[] Bytes(JsonElement result, string model) =>
        File.ReadAllBytes(Path.Combine(Text(result, model), "model.safetensors"));

    private static double Outcome(double after, double before) => after > before ? 1 : after == before ? 0.5 : 0;
}

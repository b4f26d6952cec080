namespace Rlhf.Cli.Tests.Pipelines;

/// <summary>What a person reads when a pipeline run has ended.</summary>
[Collection(TinyLoop.Tests)]
public sealed class SummaryTests(TinyLoop loop)
{
    [Fact]
    public void Every_stage_says_what_it_came_to_and_paths_stay_on_one_line()
    {
        // Longer than any terminal is wide.
        string home = loop.Home(string.Join('/', Enumerable.Repeat("a-folder-with-a-long-name", 8)));
        Answer answer = RlhfProgram.Run("pipeline", "run", loop.File, "--home", home, "--set", $"model={loop.Model}");
        Assert.Equal(0, answer.ExitCode);
        string[] lines = answer.Text.Split('\n');
        foreach (string start in new[]
        {
            "candidates: 42 completions of 14 prompts; ",
            "rankings: 28 (8 held out)",
            "reward model: loss per pair: ",
            "reward model: trained on: 20 rankings in 5 steps, measured on 8",
            "reward model, held-out pairs in the right order: ",
            "ppo: trained on: 8 completions in 2 updates",
            "ppo: last update: reward model's score ",
            "win rate against the start, by 'reviews': ",
        })
            Assert.Single(lines, line => line.StartsWith(start, StringComparison.Ordinal));
        foreach (string name in new[] { "candidates file", "rankings file", "evaluation file", "policy", "reward model", "last run" })
            Assert.True(Path.Exists(
                Assert.Single(lines, line => line.StartsWith($"{name}: /", StringComparison.Ordinal))[(name.Length + 2)..]), name);
        Assert.True(File.Exists(
            new Uri(Assert.Single(lines, line => line.StartsWith("report: ", StringComparison.Ordinal))[8..]).LocalPath));
    }
}

using System.Net;
using System.Text.Json;
using Rlhf.Testing;

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
            // Of 6 prompts with 2 completions each.
            "mean gold reward of 12 completions: ",
        })
            Assert.Single(lines, line => line.StartsWith(start, StringComparison.Ordinal));
        foreach (string name in new[] { "candidates file", "rankings file", "evaluation file", "policy", "reward model", "last run" })
            Assert.True(Path.Exists(
                Assert.Single(lines, line => line.StartsWith($"{name}: /", StringComparison.Ordinal))[(name.Length + 2)..]), name);
        string report = Report(lines);
        Assert.Contains("mean by “reviews” over 12 completions of 6 held-out prompts", report);
        Assert.Contains("mean over the samples of PPO's 2 evaluation prompts", report);
    }

    /// <summary>Rankings at random: the reward model is at chance, and whoever reads any of the results is told so.</summary>
    [Fact]
    public void A_reward_model_at_chance_is_doubted_wherever_results_are_read()
    {
        using var place = new TemporaryFolder();
        string file = place["random.yaml"], home = loop.Home("random");
        // Nothing but what the reward model needs.
        File.WriteAllText(file, """
            name: random
            threads: 1
            stages:
              - candidates:
                  model: MODEL
                  prompts: { count: 400 }
                  trainPrompts: 6
                  heldOutPrompts: 60
                  perPrompt: 2
                  sampling: { maxNewTokens: 6 }
              - collect: { annotators: { shuffleLabels: true } }
              - reward: { batchSize: 4, normalizationSamples: 4 }
            """.Replace("MODEL", loop.Model, StringComparison.Ordinal));
        const string Doubt = "The reward model is not shown to be better than chance: ";
        string[] lines = Run("pipeline", "run", file, "--home", home);
        Assert.Single(lines, line => line.StartsWith($"warning: {Doubt}", StringComparison.Ordinal));
        Assert.Contains($"<li>{Doubt}", Report(lines), StringComparison.Ordinal);
        var again = JsonDocument.Parse(Run("pipeline", "follow", "--home", home, "--json")[^1]).RootElement;
        Assert.StartsWith(Doubt, Assert.Single(again.GetProperty("warnings").EnumerateArray().ToList()).GetString(),
            StringComparison.Ordinal);
    }

    [Fact]
    public void Pretraining_and_fine_tuning_say_what_was_learnt()
    {
        string home = loop.Home("language");
        string[] pretrained = Run("pretrain", "--home", home, "--set", "documents=30", "--set", "vocabularySize=280", "--set",
            "model.hiddenSize=16", "--set", "model.layers=1", "--set", "batchSize=4", "--set", "heldOutShare=0.2", "--set", "maxSteps=3");
        string policy = AssertLearnt("pretrain", pretrained, tokens: 3 * 4 * 128);
        string[] tuned = Run("sft", "--home", home, "--set", $"model={policy}", "--set", "documents=30", "--set", "batchSize=4", "--set",
            "heldOutShare=0.2", "--set", "maxSteps=3");
        Assert.NotEqual(policy, AssertLearnt("sft", tuned, tokens: null));
    }

    private static string AssertLearnt(string kind, string[] lines, int? tokens)
    {
        Assert.Matches(@": \d\.\d{3} in training, \d\.\d{3} held out$",
            Assert.Single(lines, line => line.StartsWith($"{kind}: loss per token: ", StringComparison.Ordinal)));
        Assert.Matches($@": {(tokens is { } all ? $"{all}" : @"\d+")} tokens in 3 steps; \d+ parameters, vocabulary of 280$",
            Assert.Single(lines, line => line.StartsWith($"{kind}: trained on: ", StringComparison.Ordinal)));
        string policy = Assert.Single(lines, line => line.StartsWith("policy: /", StringComparison.Ordinal))[8..];
        Assert.True(File.Exists(Path.Combine(policy, "model.safetensors")));
        return policy;
    }

    private static string[] Run(params string[] arguments)
    {
        Answer answer = RlhfProgram.Run(arguments);
        Assert.True(answer.ExitCode == 0, answer.Error);
        return answer.Text.TrimEnd('\n').Split('\n');
    }

    /// <summary>The text of the report that the terminal names.</summary>
    private static string Report(string[] lines) => WebUtility.HtmlDecode(File.ReadAllText(
        new Uri(Assert.Single(lines, line => line.StartsWith("report: ", StringComparison.Ordinal))[8..]).LocalPath));
}

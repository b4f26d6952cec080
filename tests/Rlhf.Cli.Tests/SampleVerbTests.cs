using System.Text.Json;
using System.Text.Json.Nodes;
using Rlhf.Testing;

namespace Rlhf.Cli.Tests;

public sealed class SampleVerbTests
{
    private static string Stories => SharedData.Require("data/stories260k");

    [Fact]
    public void The_stories_model_tells_its_story()
    {
        Answer answer = RlhfProgram.Run("sample", "--model", Stories, "--prompt", "", "--greedy", "--max-new-tokens", "200");
        Assert.Equal((0, ""), (answer.ExitCode, answer.Error));
        Assert.StartsWith("Once upon a time, there was a little girl named Lily.", answer.Text, StringComparison.Ordinal);
        Assert.EndsWith("\n", answer.Text, StringComparison.Ordinal);
        Assert.False(answer.Text.EndsWith("\n\n", StringComparison.Ordinal));
    }

    [Fact]
    public void The_continuation_leaves_the_prompt_out()
    {
        string text = RlhfProgram.Run("sample", "--model", Stories, "--prompt", "Once upon a time", "--greedy", "--max-new-tokens", "20").Text;
        Assert.StartsWith(", there was a little girl named Lily.", text, StringComparison.Ordinal);
        string json = RlhfProgram.Run("sample", "--model", Stories, "--ids", "1,403,407,261,378", "--greedy", "--max-new-tokens", "20", "--json").Text;
        JsonNode completion = JsonNode.Parse(json)!["completions"]![0]!;
        Assert.Equal(text.TrimEnd('\n'), completion["text"]!.GetValue<string>());
        Assert.Equal("length", completion["finish"]!.GetValue<string>());
        Assert.Equal(20, completion["ids"]!.AsArray().Count);
        Assert.All(completion["logprobs"].Deserialize<double[]>()!, p => Assert.InRange(p, -20, 0));
        Assert.DoesNotContain('\n', json.TrimEnd('\n'));
    }

    [Fact]
    public void A_seed_draws_the_same_again_and_a_sample_is_the_same_in_any_number()
    {
        string[] Draw(string seed, string count) => [.. JsonNode.Parse(RlhfProgram.Run(
            "sample", "--model", Stories, "--prompt", "The cat", "--seed", seed, "-n", count, "--max-new-tokens", "12", "--json").Text)!["completions"]!
            .AsArray().Select(c => c!["ids"]!.ToJsonString())];
        string[] three = Draw("7", "3");
        Assert.Equal(3, three.Distinct().Count());
        Assert.Equal(three[..2], Draw("7", "2"));
        Assert.NotEqual(three[0], Draw("8", "1")[0]);
    }

    [Theory]
    [InlineData("llama")]
    [InlineData("gpt2")]
    public void Greedy_ids_are_the_reference_s_without_a_tokenizer(string name)
    {
        string folder = SharedData.Require($"data/tiny-models/{name}");
        JsonNode expected = JsonNode.Parse(File.ReadAllText(Path.Combine(folder, "expected.json")))!;
        int[] ids = expected["inputs"]!["input_ids"]![0].Deserialize<int[]>()!, mask = expected["inputs"]!["attention_mask"]![0].Deserialize<int[]>()!;
        string prompt = string.Join(',', ids.Where((_, i) => mask[i] == 1));
        int[] wanted = expected["greedy"]!["row0"].Deserialize<int[]>()!;
        Answer answer = RlhfProgram.Run("sample", "--model", folder, "--ids", prompt, "--greedy", "--ignore-eos", "--max-new-tokens", $"{wanted.Length}", "--json");
        JsonNode completion = JsonNode.Parse(answer.Text)!["completions"]![0]!;
        Assert.Equal(wanted, completion["ids"].Deserialize<int[]>());
        Assert.Null(completion["text"]);
        Assert.Contains("tokenizer", RlhfProgram.Refused("sample", "--model", folder, "--ids", prompt), StringComparison.Ordinal);
    }
}

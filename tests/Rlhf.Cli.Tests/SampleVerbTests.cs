using System.Text.Json;
using System.Text.Json.Nodes;
using Rlhf.Testing;

namespace Rlhf.Cli.Tests;

public sealed class SampleVerbTests
{
    private static string Stories => StoriesModel.Folder;

    [Fact]
    public void A_text_ends_with_one_line_break_and_nothing_else_is_said()
    {
        Answer answer = RlhfProgram.Run("sample", "--model", Stories, "--prompt", "", "--greedy", "--max-new-tokens", "200");
        Assert.Equal((0, ""), (answer.ExitCode, answer.Error));
        Assert.NotEmpty(answer.Text.Trim());
        Assert.EndsWith("\n", answer.Text, StringComparison.Ordinal);
        Assert.False(answer.Text.EndsWith("\n\n", StringComparison.Ordinal));
    }

    [Fact]
    public void A_story_goes_on_after_its_own_beginning_and_the_beginning_is_left_out()
    {
        int[] story = Ids(Greedy("--prompt", "", "--max-new-tokens", "25"));
        JsonNode rest = Greedy("--ids", $"{StoriesModel.BosId},{string.Join(',', story[..5])}", "--max-new-tokens", "20");
        Assert.Equal(story[5..], Ids(rest));
        Assert.Equal("length", rest["finish"]!.GetValue<string>());
        Assert.All(rest["logprobs"].Deserialize<double[]>()!, p => Assert.InRange(p, -20, 0));
    }

    [Fact]
    public void A_prompt_is_read_as_its_ids_after_the_begin_token()
    {
        const string Prompt = "Once upon a time";
        string text = RlhfProgram.Run("sample", "--model", Stories, "--prompt", Prompt, "--greedy", "--ignore-eos",
            "--max-new-tokens", "20").Text;
        JsonNode tokens = JsonNode.Parse(RlhfProgram.Run("tokenize", "--model", Stories, "--text", Prompt, "--json").Text)!;
        JsonNode same = Greedy("--ids", $"{StoriesModel.BosId},{string.Join(',', Ids(tokens))}", "--max-new-tokens", "20");
        Assert.Equal(same["text"]!.GetValue<string>(), text.TrimEnd('\n'));
    }

    [Fact]
    public void A_seed_draws_the_same_again_and_a_sample_is_the_same_in_any_number()
    {
        string[] Draw(string seed, string count)
        {
            string[] options = ["--prompt", "The cat", "--seed", seed, "-n", count, "--max-new-tokens", "12", "--json"];
            JsonNode answer = JsonNode.Parse(RlhfProgram.Run(["sample", "--model", Stories, .. options]).Text)!;
            return [.. answer["completions"]!.AsArray().Select(c => c!["ids"]!.ToJsonString())];
        }
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
        int[] ids = expected["inputs"]!["input_ids"]![0].Deserialize<int[]>()!;
        int[] mask = expected["inputs"]!["attention_mask"]![0].Deserialize<int[]>()!;
        string prompt = string.Join(',', ids.Where((_, i) => mask[i] == 1));
        int[] wanted = expected["greedy"]!["row0"].Deserialize<int[]>()!;
        Answer answer = RlhfProgram.Run("sample", "--model", folder, "--ids", prompt, "--greedy", "--ignore-eos", "--max-new-tokens",
            $"{wanted.Length}", "--json");
        JsonNode completion = JsonNode.Parse(answer.Text)!["completions"]![0]!;
        Assert.Equal(wanted, completion["ids"].Deserialize<int[]>());
        Assert.Null(completion["text"]);
        Assert.Contains("tokenizer", RlhfProgram.Refused("sample", "--model", folder, "--ids", prompt), StringComparison.Ordinal);
    }

    private static JsonNode Greedy(params string[] arguments)
    {
        string json = RlhfProgram.Run(["sample", "--model", Stories, "--greedy", "--ignore-eos", "--json", .. arguments]).Text;
        Assert.DoesNotContain('\n', json.TrimEnd('\n'));
        return JsonNode.Parse(json)!["completions"]![0]!;
    }

    private static int[] Ids(JsonNode answer) => answer["ids"].Deserialize<int[]>()!;
}

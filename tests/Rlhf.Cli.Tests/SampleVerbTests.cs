using System.Text.Json;
using System.Text.Json.Nodes;
using Rlhf.Core.Randomness;
using Rlhf.Models;
using Rlhf.Models.Checkpoints;
using Rlhf.Models.Native;
using Rlhf.Models.Tokenization;
using Rlhf.Testing;
using static TorchSharp.torch;

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

    /// <summary>A hundred thousand stories take many minutes; the first characters are there within seconds.</summary>
    [Fact]
    public async Task A_text_is_there_before_the_others_are_drawn()
    {
        using var program = RlhfProgram.Start(
            "sample", "--model", Stories, "--prompt", "", "-n", "100000", "--max-new-tokens", "200", "--ignore-eos");
        try
        {
            char[] text = new char[20];
            int read = await program.StandardOutput.ReadBlockAsync(text, TestContext.Current.CancellationToken).AsTask()
                .WaitAsync(TimeSpan.FromMinutes(1), TestContext.Current.CancellationToken);
            Assert.Equal(text.Length, read);
            Assert.False(program.HasExited);
        }
        finally
        {
            program.Kill();
        }
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

    /// <summary>A reader that goes away after the first letter leaves the program in the midst of its completions.</summary>
    [Fact]
    public async Task The_first_letters_are_there_long_before_the_last()
    {
        const int Count = 20;
        using var process = RlhfProgram.Start("sample", "--model", Stories, "--prompt", "Once upon a time", "--ignore-eos",
            "--max-new-tokens", "400", "-n", $"{Count}");
        char[] letter = new char[1];
        Assert.Equal(1, await process.StandardOutput.ReadAsync(letter, TestContext.Current.CancellationToken));
        process.Kill(entireProcessTree: true);
        string rest = await process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        Assert.InRange(rest.Count(c => c == '\n'), 0, Count - 1);
    }

    [Fact]
    public void A_prompt_has_no_end_where_the_tokenizer_adds_one()
    {
        using var place = new TemporaryFolder();
        foreach (string file in Directory.GetFiles(Stories))
            File.Copy(file, place[Path.GetFileName(file)]);
        JsonNode settings = JsonNode.Parse(File.ReadAllText(place["tokenizer_config.json"]))!;
        settings["add_bos_token"] = true;
        settings["add_eos_token"] = true;
        File.WriteAllText(place["tokenizer_config.json"], settings.ToJsonString());
        var tokenizer = Tokenizer.Load(place.Path);
        Assert.Equal(tokenizer.EosId, tokenizer.Encode("Once upon", addSpecialTokens: true)[^1]);

        string[] prompt = ["--prompt", "Once upon a time", "--greedy", "--max-new-tokens", "12", "--json"];
        Assert.Equal(RlhfProgram.Run(["sample", "--model", Stories, .. prompt]).Text,
            RlhfProgram.Run(["sample", "--model", place.Path, .. prompt]).Text);
    }

    [Fact]
    public void The_tokenizer_says_where_a_text_ends_and_which_ids_have_no_token()
    {
        using var place = new TemporaryFolder();
        Libtorch.EnsureLoaded();
        var tokenizer = BpeTrainer.Train([], 259, ["<s>", "</s>", "<pad>"]);
        var config = ModelConfig.CreateLlama(tokenizer.VocabSize + 64, 16, 1, 2, 2, 32, 256, eosIds: []);
        using (var model = CausalLm.Create(config, new RandomStream(1, "tiny"), CPU, ScalarType.Float32))
            ModelFolder.Save(model, place.Path);
        tokenizer.Save(place.Path);

        // About as many draws of each id as of any other: 2000 of 323.
        Answer answer = RlhfProgram.Run("sample", "--model", place.Path, "--prompt", "Once", "--temperature", "100", "-n", "20",
            "--max-new-tokens", "100", "--json");
        Assert.True(answer.ExitCode == 0, answer.Error);
        var drawn = JsonNode.Parse(answer.Text)!["completions"]!.AsArray()
            .Select(c => (Ids: Ids(c!), Finish: c!["finish"]!.GetValue<string>())).ToList();
        Assert.All(drawn.SelectMany(c => c.Ids), id => Assert.InRange(id, 0, tokenizer.VocabSize - 1));
        Assert.Contains(drawn, c => c.Finish == "eos");
        Assert.All(drawn, c => Assert.Equal(c.Finish == "eos", c.Ids[^1] == tokenizer.EosId));
        Assert.All(drawn, c => Assert.DoesNotContain(tokenizer.EosId!.Value, c.Ids[..^1]));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_model_that_names_no_end_of_a_text_is_told_of_unless_ends_are_ignored(bool ignored)
    {
        using var place = new TemporaryFolder();
        Libtorch.EnsureLoaded();
        var tokenizer = BpeTrainer.Train([], 259, ["<s>", "</s>", "<pad>"]);
        var config = ModelConfig.CreateLlama(tokenizer.VocabSize, 16, 1, 2, 2, 32, 256, eosIds: []);
        using (var model = CausalLm.Create(config, new RandomStream(1, "tiny"), CPU, ScalarType.Float32))
            ModelFolder.Save(model, place.Path);
        tokenizer.Save(place.Path);
        JsonNode settings = JsonNode.Parse(File.ReadAllText(place["tokenizer_config.json"]))!;
        settings["eos_token"] = null;
        File.WriteAllText(place["tokenizer_config.json"], settings.ToJsonString());

        Answer answer = RlhfProgram.Run(["sample", "--model", place.Path, "--prompt", "Once", "--max-new-tokens", "3", "--json",
            .. ignored ? ["--ignore-eos"] : Array.Empty<string>()]);
        Assert.Equal(0, answer.ExitCode);
        Assert.Equal(!ignored, answer.Error.Contains("names no end-of-sequence token", StringComparison.Ordinal));
        Assert.Single(answer.Text.TrimEnd('\n').Split('\n'));
    }

    private static JsonNode Greedy(params string[] arguments)
    {
        string json = RlhfProgram.Run(["sample", "--model", Stories, "--greedy", "--ignore-eos", "--json", .. arguments]).Text;
        Assert.DoesNotContain('\n', json.TrimEnd('\n'));
        return JsonNode.Parse(json)!["completions"]![0]!;
    }

    private static int[] Ids(JsonNode answer) => answer["ids"].Deserialize<int[]>()!;
}

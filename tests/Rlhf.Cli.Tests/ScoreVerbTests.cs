using System.Text.Json;
using System.Text.Json.Nodes;
using Rlhf.Core.Options;
using Rlhf.Core.Randomness;
using Rlhf.Models;
using Rlhf.Models.Checkpoints;
using Rlhf.Models.Generation;
using Rlhf.Models.Native;
using Rlhf.Models.Tokenization;
using Rlhf.Pipeline.Stages;
using Rlhf.Testing;
using Rlhf.Training.Reward;
using TorchSharp;

namespace Rlhf.Cli.Tests;

public sealed class ScoreVerbTests
{
    private const double Tolerance = 1e-4;

    [Theory]
    [InlineData("llama")]
    [InlineData("llama-sharded")]
    [InlineData("llama-bf16")]
    [InlineData("gpt2")]
    public void Log_probabilities_are_the_reference_s(string name)
    {
        string folder = SharedData.Require($"data/tiny-models/{name}");
        JsonNode expected = JsonNode.Parse(File.ReadAllText(Path.Combine(folder, "expected.json")))!;
        const int Row = 1;
        int[] ids = RealIds(expected, Row);
        Answer answer = RlhfProgram.Run("score", "--model", folder, "--ids", string.Join(',', ids), "--json");
        Assert.Equal((0, ""), (answer.ExitCode, answer.Error));
        JsonNode got = JsonNode.Parse(answer.Text)!;
        Assert.Equal(ids, got["ids"].Deserialize<int[]>()!);
        Assert.Null(got["tokens"]);
        AssertClose(expected["logprobs_next"]![Row]!, got["logprobs"]!);
        AssertClose(expected["logits_last"]![Row]!, got["last_logits"]!);
    }

    [Theory]
    [InlineData("llama-reward")]
    [InlineData("gpt2-reward")]
    public void Scores_are_the_reference_s(string name)
    {
        string folder = SharedData.Require($"data/tiny-models/{name}");
        JsonNode expected = JsonNode.Parse(File.ReadAllText(Path.Combine(folder, "expected.json")))!;
        Answer answer = RlhfProgram.Run("score", "--model", folder, "--ids", string.Join(',', RealIds(expected, 0)), "--json");
        Assert.Equal(["ids", "score"], JsonNode.Parse(answer.Text)!.AsObject().Select(p => p.Key));
        AssertClose(expected["score"]![0]!, JsonNode.Parse(answer.Text)!["score"]!);
    }

    [Fact]
    public void Texts_get_their_special_tokens()
    {
        string[] text = ["--model", StoriesModel.Folder, "--text", "Once upon a time"];
        JsonNode got = JsonNode.Parse(RlhfProgram.Run(["score", .. text, "--json"]).Text)!;
        int[] ids = got["ids"].Deserialize<int[]>()!;
        Assert.Equal(StoriesModel.BosId, ids[0]);
        JsonNode special = JsonNode.Parse(RlhfProgram.Run(["tokenize", .. text, "--special", "--json"]).Text)!;
        Assert.Equal(special["ids"].Deserialize<int[]>(), ids);
        Assert.Equal(special["tokens"].Deserialize<string[]>(), got["tokens"].Deserialize<string[]>());
        Assert.Equal(ids.Length - 1, got["logprobs"]!.AsArray().Count);
        Assert.Equal(StoriesModel.VocabSize, got["last_logits"]!.AsArray().Count);
    }

    /// <summary>A reward model was trained on completions with their EOS; a language model may go on after a text.</summary>
    [Fact]
    public void Texts_end_where_the_model_that_scores_them_has_seen_them_end()
    {
        using var folder = new TemporaryFolder();
        Libtorch.EnsureLoaded();
        using (CausalLm trunk = ModelFolder.LoadCausalLm(StoriesModel.Folder, torch.CPU, torch.ScalarType.Float32))
        using (ScalarModel reward = ScalarModel.FromCausalLm(trunk, new RandomStream(1, "head")))
            ModelFolder.Save(reward, folder.Path, tokenizerFrom: StoriesModel.Folder);
        var tokenizer = new ModelTokenizer(Tokenizer.Load(StoriesModel.Folder), ModelConfig.Load(StoriesModel.Folder));
        string[] text = ["--text", "Once upon a time", "--json"];
        JsonNode scored = JsonNode.Parse(RlhfProgram.Run(["score", "--model", folder.Path, .. text]).Text)!;
        int[] expected = [.. tokenizer.EncodePrompt("Once upon a time"), tokenizer.EosId!.Value];
        Assert.Equal(expected, scored["ids"].Deserialize<int[]>());
        using ScalarModel model = ModelFolder.LoadScalarModel(folder.Path, torch.CPU, torch.ScalarType.Float32);
        Assert.Equal(Scoring.Score(model, expected), scored["score"]![0]!.GetValue<float>(), 1e-5);

        // A tokenizer that adds an EOS itself changes neither.
        string config = folder["tokenizer_config.json"];
        JsonObject json = JsonNode.Parse(File.ReadAllText(config))!.AsObject();
        json["add_eos_token"] = true;
        File.WriteAllText(config, json.ToJsonString());
        JsonNode again = JsonNode.Parse(RlhfProgram.Run(["score", "--model", folder.Path, .. text]).Text)!;
        Assert.Equal(expected, again["ids"].Deserialize<int[]>());
        using (CausalLm policy = ModelFolder.LoadCausalLm(StoriesModel.Folder, torch.CPU, torch.ScalarType.Float32))
            ModelFolder.Save(policy, folder.Path);
        JsonNode read = JsonNode.Parse(RlhfProgram.Run(["score", "--model", folder.Path, .. text]).Text)!;
        Assert.Equal(expected[..^1], read["ids"].Deserialize<int[]>());
    }

    /// <summary>A token of the whole text may reach from the prompt into the completion; no model was trained on such ids.</summary>
    [Fact]
    public void A_completion_is_encoded_apart_from_its_prompt_as_in_training()
    {
        const string Prompt = "Once upon a ti", Completion = "me";
        string[] pair = ["--prompt", Prompt, "--completion", Completion, "--json"];
        using var folder = new TemporaryFolder();
        using LoadedPolicy policy = LoadedPolicy.Load(StoriesModel.Folder, new EvaluateOptions { Device = "cpu" });
        using ScalarModel reward = ScalarModel.FromCausalLm(policy.Model, new RandomStream(1, "head"));
        ModelFolder.Save(reward, folder.Path, tokenizerFrom: StoriesModel.Folder);
        int[] prompt = policy.Tokenizer.EncodePrompt(Prompt), completion = policy.Tokenizer.EncodeCompletion(Completion);
        int[] expected = [.. prompt, .. completion];
        Assert.NotEqual(expected, policy.Tokenizer.EncodeDocument(Prompt + Completion));

        JsonNode scored = JsonNode.Parse(RlhfProgram.Run(["score", "--model", folder.Path, .. pair]).Text)!;
        Assert.Equal(expected, scored["ids"].Deserialize<int[]>());
        Assert.Equal(RewardScoring.Raw(reward, [expected])[0], scored["score"]![0]!.GetValue<float>(), 1e-5);

        JsonNode read = JsonNode.Parse(RlhfProgram.Run(["score", "--model", StoriesModel.Folder, .. pair]).Text)!;
        Assert.Equal(expected, read["ids"].Deserialize<int[]>());
        double wanted = CompletionScoring.LogProbabilities(policy, [new SampleRequest(prompt, default)],
            [new SampledCompletion(completion, [], FinishReason.Eos)], temperature: 1, batchSize: 1, phase: "",
            new LineObserver(TextWriter.Null))[0];
        Assert.Equal(wanted, read["logprobs"].Deserialize<double[]>()![(prompt.Length - 1)..].Sum(), 1e-4);
    }

    [Theory]
    [InlineData("--prompt and --completion are given together", "--prompt", "a")]
    [InlineData("one of --text, --ids or --prompt is needed", "--completion", "a")]
    [InlineData("only one of --text, --ids or --prompt can be given", "--prompt", "a", "--completion", "b", "--text", "ab")]
    [InlineData("--prompt and --completion are given together", "--completion", "a", "--text", "b")]
    public void Half_a_pair_and_two_texts_are_refused(string message, params string[] given) =>
        Assert.Contains(message, RlhfProgram.Refused(["score", "--model", StoriesModel.Folder, .. given]), StringComparison.Ordinal);

    [Fact]
    public void What_a_model_cannot_read_is_refused()
    {
        string folder = SharedData.Require("data/tiny-models/llama");
        int size = JsonNode.Parse(File.ReadAllText(Path.Combine(folder, "config.json")))!["vocab_size"]!.GetValue<int>();
        Assert.Contains($"0 to {size - 1}", RlhfProgram.Refused("score", "--model", folder, "--ids", $"1,{size}"),
            StringComparison.Ordinal);
        Assert.Contains("-1", RlhfProgram.Refused("score", "--model", folder, "--ids", "-1"), StringComparison.Ordinal);
        Assert.Contains("positions",
            RlhfProgram.Refused("score", "--model", SharedData.Require("data/tiny-models/gpt2"), "--ids",
                string.Join(',', Enumerable.Repeat(1, 5_000))), StringComparison.Ordinal);
        Assert.Contains("tokenizer", RlhfProgram.Refused("score", "--model", folder, "--text", "a"), StringComparison.Ordinal);
    }

    private static int[] RealIds(JsonNode expected, int row)
    {
        int[] ids = expected["inputs"]!["input_ids"]![row].Deserialize<int[]>()!;
        int[] mask = expected["inputs"]!["attention_mask"]![row].Deserialize<int[]>()!;
        return [.. ids.Where((_, i) => mask[i] == 1)];
    }

    private static void AssertClose(JsonNode expected, JsonNode got)
    {
        double[] wanted = expected.Deserialize<double[]>()!, found = got.Deserialize<double[]>()!;
        Assert.Equal(wanted.Length, found.Length);
        Assert.InRange(wanted.Zip(found, (a, b) => Math.Abs(a - b)).Max(), 0, Tolerance);
    }
}

using System.Text.Json.Nodes;
using Rlhf.Models.Tokenization;
using Rlhf.Pipeline.Runs;
using Rlhf.Pipeline.Stages;

namespace Rlhf.Pipeline.Tests.Stages;

/// <summary>What a tokenizer says of the end of a text, in every stage that reads a policy.</summary>
public sealed class EndOfTextTests : IDisposable
{
    private readonly StageRun _run = new();

    public void Dispose() => _run.Dispose();

    [Theory]
    [InlineData(RunKinds.Candidates)]
    [InlineData(RunKinds.Sft)]
    [InlineData(RunKinds.Reward)]
    [InlineData(RunKinds.Ppo)]
    [InlineData(RunKinds.Evaluate)]
    public void A_policy_that_names_no_end_is_told_of(string kind)
    {
        string nameless = _run.Policy("no-end", 1, end: null), reward = _run.Reward("no-end-reward", nameless, 3);
        string text = $"{nameless} names no end-of-sequence token";
        Assert.Single(StageWarnings.Read(_run.ExecuteSmall(kind, nameless, reward)), w => w.Contains(text, StringComparison.Ordinal));
        Assert.DoesNotContain(
            StageWarnings.Read(_run.ExecuteSmall(kind, _run.Policy(1), _run.Reward(3, gain: 1, bias: 0))),
            w => w.Contains("end-of-sequence", StringComparison.Ordinal));
    }

    /// <summary>A policy would go on after the end of a text, and be scored and trained on that.</summary>
    [Theory]
    [InlineData(RunKinds.Candidates, "candidates.jsonl")]
    [InlineData(RunKinds.Sft, "model/model.safetensors")]
    [InlineData(RunKinds.Reward, "model/model.safetensors")]
    [InlineData(RunKinds.Ppo, "model/model.safetensors")]
    [InlineData(RunKinds.Evaluate, "evaluation.jsonl")]
    public void Prompts_have_no_end_where_the_tokenizer_adds_one(string kind, string file)
    {
        string plain = _run.Policy("plain", 1), adding = _run.Policy("adding", 1);
        string settings = Path.Combine(adding, "tokenizer_config.json");
        var json = JsonNode.Parse(File.ReadAllText(settings))!.AsObject();
        json["add_bos_token"] = true;
        json["add_eos_token"] = true;
        File.WriteAllText(settings, json.ToJsonString());
        var tokenizer = Tokenizer.Load(adding);
        Assert.Equal(tokenizer.EosId, tokenizer.Encode("The soup", addSpecialTokens: true)[^1]);

        byte[] Made(string policy, string reward) =>
            File.ReadAllBytes(_run.ExecuteSmall(kind, policy, _run.Reward(reward, policy, 3)).In(file));
        Assert.Equal(Made(plain, "plain-reward"), Made(adding, "adding-reward"));
    }
}

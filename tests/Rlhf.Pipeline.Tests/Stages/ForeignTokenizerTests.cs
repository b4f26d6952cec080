using System.Text.Json.Nodes;
using Rlhf.Core;
using Rlhf.Core.Options;
using Rlhf.Core.Randomness;
using Rlhf.Models;
using Rlhf.Models.Checkpoints;
using Rlhf.Models.Native;
using Rlhf.Models.Tokenization;
using Rlhf.Pipeline.Runs;
using Rlhf.Pipeline.Stages;
using Rlhf.Testing;
using static TorchSharp.torch;

namespace Rlhf.Pipeline.Tests.Stages;

/// <summary>Models and token ids that mean other words by the same numbers are refused by every stage that would mix them.</summary>
public sealed class ForeignTokenizerTests : IDisposable
{
    private readonly TemporaryFolder _place = new();
    private readonly RunFolder _run;

    public ForeignTokenizerTests()
    {
        Libtorch.EnsureLoaded();
        _run = new RunFolder(_place["run"]);
        Directory.CreateDirectory(_run.Path);
        var mine = BpeTrainer.Train(["one two two"], 262, ["<s>", "</s>", "<pad>"]);
        var theirs = BpeTrainer.Train(["one two two"], 262, ["</s>", "<s>", "<pad>"], roles: new SpecialTokenRoles("<s>", "</s>", "<pad>"));
        var config = ModelConfig.CreateLlama(262, 16, 1, 2, 2, 32, 64, bosId: mine.BosId, eosIds: [mine.EosId!.Value], padId: mine.PadId);
        using var policy = CausalLm.Create(config, new RandomStream(1, "tiny"), CPU, ScalarType.Float32);
        using var reward = ScalarModel.FromCausalLm(policy, new RandomStream(2, "head"));
        foreach (var (name, tokenizer) in new[] { ("policy", mine), ("otherPolicy", theirs) })
        {
            ModelFolder.Save(policy, _place[name]);
            tokenizer.Save(_place[name]);
        }
        ModelFolder.Save(reward, _place["otherReward"]);
        theirs.Save(_place["otherReward"]);
        File.WriteAllText(_run.PromptsFile, """{"prompt":"one","heldOut":false}""" + "\n");
    }

    public void Dispose() => _place.Dispose();

    [Fact]
    public void Ppo_refuses_a_reward_model_with_another_tokenizer_of_the_same_size() => Refused(
        RunKinds.Ppo, new PpoOptions { Device = "cpu" }, "the reward model", "otherReward",
        (InputNames.Policy, _place["policy"]), (InputNames.RewardModel, _place["otherReward"]), (InputNames.Prompts, _run.PromptsFile));

    [Fact]
    public void Evaluation_refuses_a_trained_policy_with_another_tokenizer() => Refused(
        RunKinds.Evaluate, new EvaluateOptions { Device = "cpu" }, "the trained policy", "otherPolicy",
        (InputNames.Policy, _place["policy"]), (InputNames.TrainedPolicy, _place["otherPolicy"]), (InputNames.Prompts, _run.PromptsFile));

    [Fact]
    public void Evaluation_refuses_a_reward_model_with_another_tokenizer() => Refused(
        RunKinds.Evaluate, new EvaluateOptions { Device = "cpu" }, "the reward model", "otherReward",
        (InputNames.Policy, _place["policy"]), (InputNames.TrainedPolicy, _place["policy"]),
        (InputNames.RewardModel, _place["otherReward"]),
        (InputNames.Prompts, _run.PromptsFile));

    [Fact]
    public void Reward_training_refuses_to_go_on_from_a_reward_model_with_another_tokenizer()
    {
        File.WriteAllText(_run.RankingsFile, """{"prompt":"one","completions":["two","one"],"ranks":[1,2]}""" + "\n");
        Refused(RunKinds.Reward, new RewardOptions { Device = "cpu" }, "the reward model", "otherReward",
            (InputNames.Policy, _place["policy"]), (InputNames.RewardModel, _place["otherReward"]),
            (InputNames.Rankings, _run.RankingsFile));
    }

    [Fact]
    public void Candidates_refuse_a_previous_policy_with_another_tokenizer()
    {
        string message = Execute(RunKinds.Candidates,
            new CandidatesOptions { Device = "cpu", Round = 2, PerPrompt = 2, PreviousShare = 0.5 }, (InputNames.Policy, _place["policy"]),
            (InputNames.PreviousPolicy, _place["otherPolicy"]), (InputNames.Prompts, _run.PromptsFile));
        Assert.Contains($"the newest policy ({_place["policy"]})", message);
        Assert.Contains(_place["otherPolicy"], message);
        Assert.Contains("id 0 is '<s>' there and '</s>' here", message);
    }

    [Theory]
    [InlineData("[[0],[1,262]]", ":1: ids of completion 2: 262 is outside")]
    [InlineData("[[9],[12]]", ":1: the ids of completion 1 decode to")]
    public void Training_of_a_reward_model_refuses_ids_that_are_not_the_policys(string ids, string message)
    {
        File.WriteAllText(_run.RankingsFile, $$"""{"prompt":"one","completions":["","two"],"ranks":[1,2],"ids":{{ids}}}""" + "\n");
        Assert.Contains(message,
            Execute(RunKinds.Reward, new RewardOptions { Device = "cpu" }, (InputNames.Policy, _place["policy"]),
                (InputNames.Rankings, _run.RankingsFile)));
    }

    [Fact]
    public void Fp16_is_refused_where_a_stage_trains() => Assert.Contains("bf16", Execute(
        RunKinds.Ppo, new PpoOptions { Device = "cpu", Dtype = Dtype.Fp16 },
        (InputNames.Policy, _place["policy"]), (InputNames.RewardModel, _place["otherReward"]), (InputNames.Prompts, _run.PromptsFile)));

    private void Refused(string kind, StageOptions options, string role, string folder, params (string Name, string Path)[] inputs)
    {
        string message = Execute(kind, options, inputs);
        Assert.Contains($"{role} ({_place[folder]})", message);
        Assert.Contains($"the policy ({_place["policy"]})", message);
        Assert.Contains("id 0 is '</s>' there and '<s>' here", message);
    }

    private string Execute(string kind, StageOptions options, params (string Name, string Path)[] inputs)
    {
        JsonObject json = RunFolder.OptionsObject(options);
        _run.Write(new RunManifest(Guid.CreateVersion7(), kind, 1, json,
            [.. inputs.Select(i => new RunInput(i.Name, i.Path, InputHash.Compute(i.Path)))], null, MachineFacts.Current()));
        return Assert.Throws<UserError>(() => RunExecution.Execute(_run.Attempt(1), new LineObserver(TextWriter.Null))).Message;
    }
}

using Rlhf.Core;
using Rlhf.Core.Options;
using Rlhf.Core.Randomness;
using Rlhf.Pipeline.Files;
using Rlhf.Pipeline.Reports;
using Rlhf.Pipeline.Runs;
using Rlhf.Pipeline.Stages;
using Rlhf.Simulation;
using Rlhf.Training.Reward;

namespace Rlhf.Pipeline.Tests.Stages;

/// <summary>Candidates and evaluation against completions that are drawn and judged one by one.</summary>
public sealed class SamplingStageTests : IDisposable
{
    private static readonly PromptLine[] Prompts =
        [new("The soup was warm."), new("The old road."), new("A walk in the sun.", HeldOut: true),
            new("The bed was hard and the room was cold.", HeldOut: true)];

    private readonly StageRun _run = new();

    public void Dispose() => _run.Dispose();

    [Fact]
    public void Candidates_are_the_policys_own_draws_in_the_order_of_the_prompts()
    {
        var options = new CandidatesOptions
        {
            Device = "cpu",
            Seed = 9,
            PerPrompt = 3,
            MaxPromptTokens = 6,
            BatchSize = 5,
            Sampling = new SamplingOptions { Temperature = 1.3, MaxNewTokens = 7 },
        };
        string folder = _run.Policy(1);
        var attempt = _run.Execute(RunKinds.Candidates, options, [(InputNames.Policy, folder)], run =>
            RunJson.WriteLines(run.PromptsFile, Prompts));
        var lines = RunJson.ReadLines<CandidateLine>(attempt.CandidatesFile).ToList();
        Assert.Equal(Prompts.Select(p => (p.Prompt, p.HeldOut)), lines.Select(l => (l.Prompt, l.HeldOut)));
        using var policy = StageRun.Load(folder);
        for (int p = 0; p < lines.Count; p++)
        {
            Assert.Equal(3, lines[p].Completions.Count);
            for (int k = 0; k < 3; k++)
            {
                var drawn = StageRun.Draw(policy, Prompts[p].Prompt, p, k, options.Sampling, new RandomStream(9, "candidates"), 6);
                var candidate = lines[p].Completions[k];
                Assert.Equal(drawn.Ids, candidate.Ids);
                Assert.All(drawn.LogProbs.Zip(candidate.LogProbs), pair => Assert.Equal(pair.First, pair.Second, 1e-4));
                Assert.Equal(drawn.Finish.ToString(), candidate.Finish, ignoreCase: true);
                Assert.Equal(policy.Tokenizer.DecodeCompletion(policy.Tokenizer.EncodePrompt(Prompts[p].Prompt, 6), drawn.Ids),
                    candidate.Text);
            }
        }
        var result = attempt.ReadResult<CandidatesResult>();
        Assert.Equal((4, 12), (result.Prompts, result.Completions));
        Assert.Equal(lines.SelectMany(l => l.Completions).Average(c => c.Ids.Length), result.MeanTokens, 1e-9);
        Assert.Equal(lines.SelectMany(l => l.Completions).Average(c => c.Finish == "length" ? 0.0 : 1), result.EndedShare, 1e-9);
    }

    [Theory]
    [InlineData(0.5, 2)]
    [InlineData(0.01, 1)]
    [InlineData(0.9, 3)]
    public void A_later_round_mixes_in_the_previous_policy_with_random_numbers_of_its_own(double share, int mixed)
    {
        var options = new CandidatesOptions
        {
            Device = "cpu",
            Seed = 9,
            PerPrompt = 4,
            Round = 3,
            PreviousShare = share,
            Sampling = new SamplingOptions { Temperature = 1.3, MaxNewTokens = 7 },
        };
        string newest = _run.Policy(1), previous = _run.Policy(2);
        var attempt = _run.Execute(RunKinds.Candidates, options, [(InputNames.Policy, newest), (InputNames.PreviousPolicy, previous)],
            run => RunJson.WriteLines(run.PromptsFile, Prompts));
        var lines = RunJson.ReadLines<CandidateLine>(attempt.CandidatesFile).ToList();
        using StagePolicies policies = new(StageRun.Load(newest), StageRun.Load(previous));
        for (int p = 0; p < lines.Count; p++)
        {
            Assert.Equal([.. Enumerable.Repeat(false, 4 - mixed), .. Enumerable.Repeat(true, mixed)],
                lines[p].Completions.Select(c => c.Previous));
            for (int k = 0; k < 4; k++)
            {
                bool old = k >= 4 - mixed;
                var drawn = StageRun.Draw(old ? policies.Previous : policies.Newest, Prompts[p].Prompt, p, old ? k - (4 - mixed) : k,
                    options.Sampling, new RandomStream(9, old ? "candidates/3/previous" : "candidates/3"));
                Assert.Equal(drawn.Ids, lines[p].Completions[k].Ids);
            }
        }
        var result = attempt.ReadResult<CandidatesResult>();
        Assert.Equal((16, 4 * mixed), (result.Completions, result.Previous));
        // Files of rounds without it are as they ever were.
        Assert.Equal(4 * mixed, File.ReadAllText(attempt.CandidatesFile).Split("\"previous\":true").Length - 1);
        Assert.DoesNotContain("\"previous\":false", File.ReadAllText(attempt.CandidatesFile), StringComparison.Ordinal);
    }

    [Fact]
    public void Evaluation_compares_both_policies_on_the_same_draws()
    {
        var options = new EvaluateOptions
        {
            Device = "cpu",
            Seed = 4,
            PerPrompt = 2,
            BatchSize = 3,
            ReportSamples = 2,
            Sampling = new SamplingOptions { Temperature = 0.8, MaxNewTokens = 6 },
        };
        string start = _run.Policy(1), trained = _run.Policy(2), reward = _run.Reward(3, gain: 2.5, bias: -0.75);
        var attempt = _run.Execute(RunKinds.Evaluate, options,
            [(InputNames.Policy, start), (InputNames.TrainedPolicy, trained), (InputNames.RewardModel, reward)],
            run => RunJson.WriteLines(run.PromptsFile, Prompts), gold: "stories");
        var lines = RunJson.ReadLines<EvaluationLine>(attempt.EvaluationFile).ToList();
        var report = attempt.ReadResult<EvaluationReport>();
        Assert.Equal(8, lines.Count);

        using var startPolicy = StageRun.Load(start);
        using var trainedPolicy = StageRun.Load(trained);
        using var rewardModel = StageRun.LoadReward(reward);
        var gold = GoldRewards.Get("stories");
        double kl = 0, wins = 0, scoreBefore = 0, scoreAfter = 0;
        for (int i = 0; i < 8; i++)
        {
            string prompt = Prompts[i / 2].Prompt;
            int[] ids = startPolicy.Tokenizer.EncodePrompt(prompt);
            var stream = new RandomStream(4, "evaluate");
            var before = StageRun.Draw(startPolicy, prompt, i / 2, i % 2, options.Sampling, stream);
            var after = StageRun.Draw(trainedPolicy, prompt, i / 2, i % 2, options.Sampling, stream);
            Assert.Equal(prompt, lines[i].Prompt);
            Assert.Equal(startPolicy.Tokenizer.DecodeCompletion(ids, before.Ids), lines[i].Before);
            Assert.Equal(trainedPolicy.Tokenizer.DecodeCompletion(ids, after.Ids), lines[i].After);
            Assert.Equal(gold.Score(prompt, lines[i].Before), lines[i].GoldBefore!.Value, 1e-9);
            Assert.Equal(gold.Score(prompt, lines[i].After), lines[i].GoldAfter!.Value, 1e-9);
            wins += lines[i].GoldAfter > lines[i].GoldBefore ? 1 : lines[i].GoldAfter == lines[i].GoldBefore ? 0.5 : 0;
            kl += after.LogProbs.Sum(x => (double)x) - LogProbability(startPolicy, [.. ids, .. after.Ids], ids.Length, 0.8);
            scoreBefore += 2.5 * RewardScoring.Raw(rewardModel, [[.. ids, .. before.Ids]])[0] - 0.75;
            scoreAfter += 2.5 * RewardScoring.Raw(rewardModel, [[.. ids, .. after.Ids]])[0] - 0.75;
        }
        Assert.Equal(kl / 8, report.Kl.Value, 1e-3);
        Assert.Equal(wins / 8, report.WinRate!.Value, 1e-9);
        Assert.Equal(scoreBefore / 8, report.RewardBefore!.Value, 1e-3);
        Assert.Equal(scoreAfter / 8, report.RewardAfter!.Value, 1e-3);
        Assert.Equal(lines.Average(l => l.GoldBefore), report.GoldBefore);
        Assert.Equal(lines.Average(l => l.GoldAfter), report.GoldAfter);
        Assert.Equal(["The soup was warm.", "The old road."], report.Samples.Select(s => s.Prompt));
        Assert.Equal((4, 8), (report.Prompts, report.Completions));
    }

    [Fact]
    public void Without_gold_and_reward_model_only_the_KL_is_measured()
    {
        string policy = _run.Policy(1);
        var report = _run.Execute(
            RunKinds.Evaluate, new EvaluateOptions { Device = "cpu", Sampling = new SamplingOptions { MaxNewTokens = 4 } },
            [(InputNames.Policy, policy), (InputNames.TrainedPolicy, policy)], run => RunJson.WriteLines(run.PromptsFile, Prompts))
            .ReadResult<EvaluationReport>();
        Assert.Null(report.WinRate);
        Assert.Null(report.RewardAfter);
        Assert.Equal(0, report.Kl.Value, 1e-6);
    }

    [Fact]
    public void What_reads_the_completions_has_positions_for_them_before_anything_is_sampled()
    {
        var options = new EvaluateOptions { Device = "cpu", Sampling = new SamplingOptions { MaxNewTokens = 30 } };
        string policy = _run.Policy(1), reward = _run.Reward(3, gain: 1, bias: 0, positions: 24), shorter = _run.Policy(2, positions: 24);
        string Refusal(params (string Name, string Folder)[] models) => Assert.Throws<UserError>(() => _run.Execute(
            RunKinds.Evaluate, options, models, run => RunJson.WriteLines(run.PromptsFile, Prompts))).Message;
        using var loaded = StageRun.Load(policy);
        int longest = Prompts.Max(p => loaded.Tokenizer.EncodePrompt(p.Prompt).Length);
        string message = Refusal((InputNames.Policy, policy), (InputNames.TrainedPolicy, policy), (InputNames.RewardModel, reward));
        Assert.Equal($"sampling.maxNewTokens: 30 after a prompt of {longest} tokens are more than the 24 positions "
            + $"of the reward model ({reward}); lower it or maxPromptTokens", message);
        Assert.Contains($"the 24 positions of the policy that training started from ({shorter})",
            Refusal((InputNames.Policy, shorter), (InputNames.TrainedPolicy, policy)));
        Assert.Empty(_run.Lines);

        // A policy ends its completions at its own last position: what it can write, a model of the same length can read.
        string start = _run.Policy(1, positions: 24);
        var report = _run.Execute(RunKinds.Evaluate, options,
            [(InputNames.Policy, start), (InputNames.TrainedPolicy, shorter), (InputNames.RewardModel, reward)],
            run => RunJson.WriteLines(run.PromptsFile, Prompts)).ReadResult<EvaluationReport>();
        Assert.NotNull(report.RewardAfter);
    }

    [Fact]
    public void One_position_too_few_is_refused()
    {
        string policy = _run.Policy(1);
        using var loaded = StageRun.Load(policy);
        int longest = Prompts.Max(p => loaded.Tokenizer.EncodePrompt(p.Prompt).Length);
        void Evaluate(int newTokens) => _run.Execute(
            RunKinds.Evaluate, new EvaluateOptions { Device = "cpu", Sampling = new SamplingOptions { MaxNewTokens = newTokens } },
            [(InputNames.Policy, policy), (InputNames.TrainedPolicy, policy),
                (InputNames.RewardModel, _run.Reward("reader", _run.Policy(3, positions: 24), 3))],
            run => RunJson.WriteLines(run.PromptsFile, Prompts));
        Evaluate(24 - longest);
        string refusal = Assert.Throws<UserError>(() => Evaluate(25 - longest)).Message;
        Assert.Contains("are more than the 24 positions of the reward model", refusal);
    }

    private static double LogProbability(LoadedPolicy policy, int[] ids, int prompt, double temperature)
    {
        using var scope = TorchSharp.torch.NewDisposeScope();
        using var noGradient = TorchSharp.torch.no_grad();
        var row = TorchSharp.torch.tensor(ids.Select(id => (long)id).ToArray(), [1, ids.Length]);
        float[] all = (policy.Model.Logits(row, null)[0] / temperature).log_softmax(-1).contiguous().data<float>().ToArray();
        int size = policy.Model.Config.VocabSize;
        return Enumerable.Range(prompt, ids.Length - prompt).Sum(t => (double)all[((t - 1) * size) + ids[t]]);
    }

    private sealed record StagePolicies(LoadedPolicy Newest, LoadedPolicy Previous) : IDisposable
    {
        public void Dispose()
        {
            Newest.Dispose();
            Previous.Dispose();
        }
    }
}

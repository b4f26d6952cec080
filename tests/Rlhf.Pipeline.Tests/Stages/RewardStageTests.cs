using System.Text.Json.Nodes;
using Rlhf.Core;
using Rlhf.Core.Options;
using Rlhf.Core.Randomness;
using Rlhf.Models;
using Rlhf.Pipeline.Files;
using Rlhf.Pipeline.Runs;
using Rlhf.Pipeline.Stages;
using Rlhf.Training.Reward;

namespace Rlhf.Pipeline.Tests.Stages;

public sealed class RewardStageTests : IDisposable
{
    private static readonly RewardOptions Options = new()
    {
        Device = "cpu",
        Seed = 5,
        BatchSize = 2,
        Epochs = 2,
        LearningRate = 3e-3,
        NormalizationSamples = 4,
    };

    private readonly StageRun _run = new();

    public void Dispose() => _run.Dispose();

    /// <summary>
    /// Four prompts to train on, three held out; completions with token ids that spell them byte by byte, as no tokenizer would.
    /// </summary>
    private static List<RankingLine> Lines() =>
    [
        .. Enumerable.Range(0, 7).Select(n => (Number: n, Texts: (string[])[$"warm{n}", $"coldroom{n}", $"good{n}"]))
            .Select(r => new RankingLine(
                $"The soup was {r.Number}.", r.Texts, r.Number % 2 == 0 ? [1, 2, 2] : [3, 2, 1],
                r.Number < 4 ? RankingLine.Train : RankingLine.OnHeldOut,
                Ids: [.. r.Texts.Select(Spell)], Gold: r.Number < 4 ? null : [2, 3, 1])),
    ];

    /// <summary>Behind three special tokens the bytes have an id each, from "!" on; 1 is the EOS.</summary>
    private static int[] Spell(string text) => [.. text.Select(c => 3 + c - '!'), 1];

    private AttemptFolder Train(RewardOptions options, List<RankingLine> lines, string? existing = null)
    {
        string policy = _run.Policy(1);
        return _run.Execute(RunKinds.Reward, options,
            existing is null ? [(InputNames.Policy, policy)] : [(InputNames.Policy, policy), (InputNames.RewardModel, existing)],
            run => RunJson.WriteLines(run.RankingsFile, lines));
    }

    [Fact]
    public void Rankings_that_are_all_held_out_are_refused_before_anything_is_sampled()
    {
        List<RankingLine> heldOut = [.. Lines().Select(line => line with { Split = RankingLine.OnHeldOut })];
        var error = Assert.Throws<UserError>(() => Train(Options, heldOut));
        Assert.Equal($"rankings: all {heldOut.Count} are held out; nothing to train on", error.Message);
    }

    [Fact]
    public void Held_out_rankings_are_measured_and_never_learned_from()
    {
        var attempt = Train(Options, Lines());
        var result = attempt.ReadResult<RewardStageResult>();
        Assert.Equal((4, 3), (result.TrainRankings, result.HeldOutRankings));
        // Per ranking 1, 2, 2: two pairs with an order; per ranking 3, 2, 1: three.
        Assert.Equal(2 + 3 + 2, result.HeldOut!.Pairs);
        Assert.Equal(3, result.HeldOut.Prompts);
        Assert.Equal((10, 2), (result.TrainingPairs!.Ordered, result.TrainingPairs.Ties));

        // By the saved model itself.
        using var model = StageRun.LoadReward(attempt.ModelFolder);
        using var policy = StageRun.Load(_run.Policy(1));
        double right = 0, gold = 0;
        foreach (var line in Lines().Where(l => l.HeldOut))
        {
            double[] scores = RewardScoring.Raw(
                model, [.. line.Ids!.Select(c => (int[])[.. policy.Tokenizer.EncodePrompt(line.Prompt), .. c])]);
            for (int i = 0; i < 3; i++)
            {
                for (int j = 0; j < 3; j++)
                {
                    if (line.Ranks[i] < line.Ranks[j])
                        (right, gold) = (right + (scores[i] > scores[j] ? 1 : 0), gold + (line.Gold![i] > line.Gold[j] ? 1 : 0));
                }
            }
        }
        Assert.Equal(right / 7, result.HeldOut.Accuracy.Value, 1e-9);
        Assert.Equal(gold / 7, result.HeldOut.Ceiling!.Value, 1e-9);

        // Other held-out judgments: the same model. Other training judgments: another one.
        List<RankingLine> Turned(bool heldOut) => Lines().ConvertAll(l => l.HeldOut == heldOut ? l with { Ranks = [2, 1, 3] } : l);
        Assert.Equal(StageRun.Weights(attempt.ModelFolder), StageRun.Weights(Train(Options, Turned(heldOut: true)).ModelFolder));
        Assert.NotEqual(StageRun.Weights(attempt.ModelFolder), StageRun.Weights(Train(Options, Turned(heldOut: false)).ModelFolder));
    }

    [Fact]
    public void It_starts_from_the_policys_trunk_under_a_drawn_head()
    {
        var attempt = Train(Options with { LearningRate = 0, NormalizationSamples = 0 }, Lines());
        using var policy = StageRun.Load(_run.Policy(1));
        using var expected = ScalarModel.FromCausalLm(policy.Model, new RandomStream(5, "reward head"));
        using var model = StageRun.LoadReward(attempt.ModelFolder);
        foreach (var (name, parameter) in expected.named_parameters())
            Assert.Equal(parameter.data<float>().ToArray(), model.get_parameter(name)!.data<float>().ToArray());
        Assert.Equal((1, 0), (model.Config.RewardGain, model.Config.RewardBias));
    }

    [Fact]
    public void Training_goes_on_from_an_existing_reward_model()
    {
        string existing = _run.Reward(3, gain: 2, bias: 1);
        Assert.Equal(StageRun.Weights(existing), StageRun.Weights(Train(Options with { LearningRate = 0 }, Lines(), existing).ModelFolder));
        // A policy is no reward model: it has no score head.
        Assert.Contains("score.weight", Assert.Throws<UserError>(() => Train(Options, Lines(), _run.Policy(2))).Message);
    }

    /// <summary>
    /// Held-out candidates, as many prompts as possible: the first completion of each of the three, and the second of the first.
    /// </summary>
    [Fact]
    public void Gain_and_bias_bring_held_out_samples_to_mean_0_and_variance_1()
    {
        var attempt = Train(Options, Lines());
        using var model = StageRun.LoadReward(attempt.ModelFolder);
        using var policy = StageRun.Load(_run.Policy(1));
        var held = Lines().FindAll(l => l.HeldOut);
        int[] Row(int line, int completion) => [.. policy.Tokenizer.EncodePrompt(held[line].Prompt), .. held[line].Ids![completion]];
        AssertStandardized(RewardScoring.Normalized(model, [Row(0, 0), Row(1, 0), Row(2, 0), Row(0, 1)]));
        Assert.Equal((model.Config.RewardGain, model.Config.RewardBias),
            (attempt.ReadResult<RewardStageResult>().Gain, attempt.ReadResult<RewardStageResult>().Bias));
    }

    /// <summary>Texts from elsewhere, or too few candidates: new samples of the policy, on held-out prompts.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Otherwise_new_samples_of_the_policy_are_drawn(bool withIds)
    {
        var lines = withIds ? Lines() : Lines().ConvertAll(l => l with { Ids = null });
        var attempt = Train(Options with { NormalizationSamples = 10 }, lines);
        using var model = StageRun.LoadReward(attempt.ModelFolder);
        using var policy = StageRun.Load(_run.Policy(1));
        var stream = new RandomStream(5, "reward/normalization");
        var held = lines.FindAll(l => l.HeldOut);
        // 64 positions less 64 new tokens leave one token of the prompt.
        var rows = Enumerable.Range(0, 10).Select(i => (Prompt: i % 3, Sample: i / 3)).Select(i => (int[])[
            .. policy.Tokenizer.EncodePrompt(held[i.Prompt].Prompt, 1),
            .. StageRun.Draw(policy, held[i.Prompt].Prompt, i.Prompt, i.Sample, new SamplingOptions(), stream, 1).Ids]).ToList();
        AssertStandardized(RewardScoring.Normalized(model, rows.ConvertAll(r => r[..Math.Min(r.Length, 64)])));
    }

    [Fact]
    public void Token_ids_of_the_file_are_read_in_place_of_the_texts()
    {
        using var policy = StageRun.Load(_run.Policy(1));
        var options = Options with { Epochs = 1 };
        long Expected(Func<RankingLine, int> completions) =>
            Lines().Where(l => !l.HeldOut).Sum(l => (3 * policy.Tokenizer.EncodePrompt(l.Prompt).Length) + completions(l));
        Assert.Equal(Expected(l => l.Ids!.Sum(c => c.Length)), Train(options, Lines()).ReadResult<RewardStageResult>().Training.Tokens);
        Assert.NotEqual(Spell("warm1"), policy.Tokenizer.EncodeCompletion("warm1"));
        var texts = Train(options, Lines().ConvertAll(l => l with { Ids = null })).ReadResult<RewardStageResult>();
        Assert.Equal(Expected(l => l.Completions.Sum(c => policy.Tokenizer.EncodeCompletion(c).Length)), texts.Training.Tokens);

        var foreign = Lines();
        foreign[1] = foreign[1] with { Ids = [Spell("warm1"), [100000, 1], Spell("good1")] };
        Assert.Contains("rankings.jsonl:2: ids of completion 2: 100000 is outside",
            Assert.Throws<UserError>(() => Train(Options, foreign)).Message);
    }

    [Fact]
    public void Weight_and_strength_reach_the_loss()
    {
        var options = Options with { MarginPerStrength = 0.5 };
        var plain = Lines().ConvertAll(l => l with { Strength = 1 });
        byte[] weights = StageRun.Weights(Train(options, plain).ModelFolder);
        var first = plain.ConvertAll(l => l);
        first[0] = first[0] with { Weight = 4 };
        Assert.NotEqual(weights, StageRun.Weights(Train(options, first).ModelFolder));
        first[0] = plain[0] with { Strength = 3 };
        Assert.NotEqual(weights, StageRun.Weights(Train(options, first).ModelFolder));
    }

    [Fact]
    public void Without_a_split_a_share_of_the_prompts_is_held_out()
    {
        var lines = Lines().ConvertAll(l => l with { Split = null });
        RewardStageResult With(double share) =>
            Train(Options with { HeldOutShare = share, MaxSteps = 1 }, lines).ReadResult<RewardStageResult>();
        var none = With(0);
        Assert.Equal((7, 0), (none.TrainRankings, none.HeldOutRankings));
        Assert.Contains(none.Warnings, w => w.Contains("not measured", StringComparison.Ordinal));
        var most = With(0.9);
        int expected = lines.Count(l => Core.Content.PromptSplit.Side(l.Prompt, 0.9) == Core.Content.PromptSide.HeldOut);
        Assert.Equal((7 - expected, expected), (most.TrainRankings, most.HeldOutRankings));
    }

    [Fact]
    public void More_tokens_than_the_model_has_positions_are_refused_before_anything_is_sampled()
    {
        var options = Options with { MaxLength = 65, NormalizationSamples = 10 };
        Assert.StartsWith("maxLength: 65 tokens are more than the 64 positions of ",
            Assert.Throws<UserError>(() => Train(options, Lines())).Message);
        string existing = _run.Reward(3, gain: 1, bias: 0, positions: 24);
        Assert.Contains($"the 24 positions of {existing}",
            Assert.Throws<UserError>(() => Train(options with { MaxLength = 25 }, Lines(), existing)).Message);
        Assert.Empty(_run.Lines);
    }

    /// <summary>The policy's samples are cut as the pairs are; before, they met the shorter model after the training.</summary>
    [Fact]
    public void A_reward_model_with_fewer_positions_than_the_policy_is_trained_and_says_what_it_does_not_read()
    {
        string existing = _run.Reward(3, gain: 1, bias: 0, positions: 12);
        var lines = Lines().ConvertAll(
            l => l with { Ids = null, Completions = ["warm in the cold room on the good old road", "cold", "good"] });
        var warnings = Train(Options with { NormalizationSamples = 10 }, lines, existing).ReadResult<RewardStageResult>().Warnings;
        Assert.Contains(warnings, w =>
            w.StartsWith("7 completions of 21 lose their end: the reward model reads 12 tokens", StringComparison.Ordinal));
        Assert.DoesNotContain(Train(Options, lines).ReadResult<RewardStageResult>().Warnings, w =>
            w.Contains("lose", StringComparison.Ordinal));
    }

    /// <summary>12 positions: the prompts are cut on the left, behind their BOS.</summary>
    [Fact]
    public void Samples_of_the_normalization_that_are_cut_keep_their_beginning()
    {
        var attempt = Train(Options, Lines(), _run.Reward(3, gain: 1, bias: 0, positions: 12));
        using var model = StageRun.LoadReward(attempt.ModelFolder);
        using var policy = StageRun.Load(_run.Policy(1));
        var held = Lines().FindAll(l => l.HeldOut);
        int[] Row(int line, int k)
        {
            int[] prompt = policy.Tokenizer.EncodePrompt(held[line].Prompt), completion = held[line].Ids![k];
            int kept = 12 - completion.Length;
            Assert.True(kept is >= 2 && kept < prompt.Length);
            return [prompt[0], .. prompt[^(kept - 1)..], .. completion];
        }
        AssertStandardized(RewardScoring.Normalized(model, [Row(0, 0), Row(1, 0), Row(2, 0), Row(0, 1)]));
    }

    /// <summary>A config.json without a BOS beside a tokenizer that has one: rows are cut as where both name it.</summary>
    [Fact]
    public void An_existing_reward_model_keeps_the_beginning_that_only_its_tokenizer_names()
    {
        string named = _run.Reward(3, gain: 1, bias: 0), unnamed = _run["unnamed"];
        Directory.CreateDirectory(unnamed);
        foreach (string file in Directory.GetFiles(named))
            File.Copy(file, Path.Combine(unnamed, Path.GetFileName(file)));
        string config = Path.Combine(unnamed, "config.json");
        var json = JsonNode.Parse(File.ReadAllText(config))!.AsObject();
        Assert.True(json.Remove("bos_token_id"));
        File.WriteAllText(config, json.ToJsonString());
        var options = Options with { MaxLength = 12 };
        Assert.Equal(
            StageRun.Weights(Train(options, Lines(), named).ModelFolder), StageRun.Weights(Train(options, Lines(), unnamed).ModelFolder));
    }

    /// <summary>A policy may be as large as all that the training needs: its size must not be felt there.</summary>
    [Fact]
    public void The_policy_is_gone_when_the_training_begins()
    {
        string existing = _run.Reward(3, gain: 1, bias: 0);
        long Live(int layers)
        {
            using var output = new FirstMetrics();
            _run.Execute(RunKinds.Reward, Options with { LogEvery = 1, MaxSteps = 1, NormalizationSamples = 0 },
                [(InputNames.Policy, _run.Policy($"layers-{layers}", 1, layers: layers)), (InputNames.RewardModel, existing)],
                run => RunJson.WriteLines(run.RankingsFile, Lines()), output: output);
            return output.Live;
        }
        long small = Live(1);
        Assert.True(small > 0);
        Assert.Equal(small, Live(6));
    }

    [Fact]
    public void A_model_at_chance_is_doubted_in_the_result()
    {
        // One and the same text wins and loses by turns.
        var lines = Enumerable.Range(0, 12).Select(n => new RankingLine(
            $"Prompt {n}.", ["warm", "cold"], n % 2 == 0 ? [1, 2] : [2, 1], n < 4 ? RankingLine.Train : RankingLine.OnHeldOut)).ToList();
        Assert.Contains(Train(Options, lines).ReadResult<RewardStageResult>().Warnings, w =>
            w.Contains("not shown to be better than chance", StringComparison.Ordinal));
    }

    private static void AssertStandardized(double[] scores)
    {
        Assert.Equal(0, scores.Average(), 1e-4);
        Assert.Equal(1, scores.Average(s => s * s), 1e-3);
    }

    /// <summary>Counts the tensors of the thread when the first metrics of the training are told.</summary>
    private sealed class FirstMetrics : StringWriter
    {
        public long Live { get; private set; }

        public override void WriteLine(string? value)
        {
            base.WriteLine(value);
            if (Live == 0 && value!.StartsWith("{\"type\":\"metrics\"", StringComparison.Ordinal))
                Live = TorchSharp.DisposeScopeManager.Statistics.ThreadTotalLiveCount;
        }
    }
}

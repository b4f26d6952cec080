using Rlhf.Core.Options;
using Rlhf.Core.Randomness;
using Rlhf.Models;
using Rlhf.Models.Checkpoints;
using Rlhf.Models.Generation;
using Rlhf.Models.Tokenization;
using Rlhf.Pipeline.Files;
using Rlhf.Pipeline.Runs;
using Rlhf.Pipeline.Stages;
using Rlhf.Training;
using Rlhf.Training.Ppo;
using Rlhf.Training.Sft;
using static TorchSharp.torch;

namespace Rlhf.Pipeline.Tests.Stages;

/// <summary>What the stages that train a policy give to their trainers: the same call by hand makes the same bytes.</summary>
public sealed class TrainingStageTests : IDisposable
{
    private readonly StageRun _run = new();

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public void Dispose() => _run.Dispose();

    [Fact]
    public void Ppo_learns_on_training_prompts_from_the_normalized_reward()
    {
        var options = new PpoOptions
        {
            Device = "cpu",
            Seed = 3,
            Updates = 2,
            BatchSize = 4,
            Minibatches = 2,
            Epochs = 1,
            MaxNewTokens = 5,
            MaxPromptTokens = 6,
            Temperature = 0.9,
            LearningRate = 1e-3,
            EvaluateEvery = 1,
        };
        PromptLine[] prompts = [new("The soup was warm and the bread was good."), new("Held out.", HeldOut: true), new("The old road."),
            new("Not seen, held out.", HeldOut: true)];
        string start = _run.Policy(1), rewardFolder = _run.Reward(2, gain: 3, bias: -1);
        var attempt = _run.Execute(RunKinds.Ppo, options, [(InputNames.Policy, start), (InputNames.RewardModel, rewardFolder)],
            run => RunJson.WriteLines(run.PromptsFile, prompts));

        using var policy = StageRun.Load(start);
        using var reward = StageRun.LoadReward(rewardFolder);
        int[][] Ids(params int[] which) => [.. which.Select(i => policy.Tokenizer.EncodePrompt(prompts[i].Prompt, 6))];
        var expected = new PpoTrainer(options, new NoObserver()).Train(policy.Model, reward, Ids(0, 2), Ids(1, 3), cancellation: Stop);
        Assert.Equal(_run.Saved(policy.Model, start), StageRun.Weights(attempt.ModelFolder));
        var result = attempt.ReadResult<PpoStageResult>();
        Assert.Equal((2, 8), (result.Updates, result.Episodes));
        Assert.Equal(expected.Last["objective/scores"], result.Last["objective/scores"]);
        Assert.Equal(expected.KlCoefficient, result.KlCoefficient);

        // Samples are of the held-out prompts, before, between and after.
        var samples = _run.Lines.OfType<SamplesLine>().ToList();
        Assert.Equal([0, 1, 2], samples.Select(s => s.Step));
        Assert.All(samples, s =>
            Assert.Equal(Ids(1, 3).Select(ids => policy.Tokenizer.Tokenizer.Decode(ids, skipSpecialTokens: true)),
                s.Samples.Select(x => x.Prompt)));
        // The result is a policy with its tokenizer.
        using var trained = StageRun.Load(attempt.ModelFolder);
        Assert.Equal(policy.Tokenizer.EncodePrompt("The soup."), trained.Tokenizer.EncodePrompt("The soup."));
    }

    [Fact]
    public void Ppo_mixes_in_the_text_that_it_is_given()
    {
        var options = new PpoOptions
        {
            Device = "cpu",
            Updates = 1,
            BatchSize = 2,
            Minibatches = 1,
            Epochs = 1,
            MaxNewTokens = 4,
            LearningRate = 1e-3,
            PtxCoefficient = 1,
        };
        string start = _run.Policy(1), rewardFolder = _run.Reward(2, gain: 1, bias: 0);
        PromptLine[] prompts = [new("The old road."), new("The soup.")];
        TextLine[] texts = [new("The bread was good."), new(" The rain fell.", "A cold road.")];
        var attempt = _run.Execute(RunKinds.Ppo, options, [(InputNames.Policy, start), (InputNames.RewardModel, rewardFolder)], run =>
        {
            RunJson.WriteLines(run.PromptsFile, prompts);
            RunJson.WriteLines(run.TextFile, texts);
        });
        using var policy = StageRun.Load(start);
        using var reward = StageRun.LoadReward(rewardFolder);
        var pretraining = Sequences.Packed(
            texts.Select(t => TokenizedText.Document(policy.Tokenizer.EncodeDocument(t.Prompt + t.Completion))),
            policy.Model.Config.MaxPositions,
            completionOnly: false);
        new PpoTrainer(options, new NoObserver()).Train(
            policy.Model, reward, [.. prompts.Select(p => policy.Tokenizer.EncodePrompt(p.Prompt))],
            [], pretraining, Stop);
        Assert.Equal(_run.Saved(policy.Model, start), StageRun.Weights(attempt.ModelFolder));
    }

    [Fact]
    public void Fine_tuning_learns_completions_behind_their_prompts()
    {
        var options = new SftOptions
        {
            Device = "cpu",
            Seed = 7,
            BatchSize = 2,
            Epochs = 2,
            LearningRate = 1e-3,
            HeldOutShare = 0.25,
            SequenceLength = 24,
        };
        TextLine[] texts = [new(" was warm.", "The soup"), new(" was cold.", "The room"), new(" was good.", "The bread"),
            new(" fell.", "The rain")];
        string start = _run.Policy(1);
        var attempt = _run.Execute(RunKinds.Sft, options, [(InputNames.Policy, start)], run => RunJson.WriteLines(run.TextFile, texts));

        using var policy = StageRun.Load(start);
        var expected = new SftTrainer(options, new NoObserver()).Train(policy.Model,
            [.. texts.Select(t => new TokenizedText(policy.Tokenizer.EncodePrompt(t.Prompt),
                policy.Tokenizer.EncodeCompletion(t.Completion)))],
            cancellation: Stop);
        Assert.Equal(_run.Saved(policy.Model, start), StageRun.Weights(attempt.ModelFolder));
        Assert.Equal(expected.EvaluationLoss, attempt.ReadResult<LanguageModelResult>().Training.EvaluationLoss);
    }

    /// <summary>What training appends is what sampling stops at: a policy that has learned one answer says it and ends.</summary>
    [Fact]
    public void A_fine_tuned_policy_ends_where_its_examples_end()
    {
        string start = _run.Policy(1);
        var attempt = _run.Execute(RunKinds.Sft,
            new SftOptions { Device = "cpu", BatchSize = 4, Epochs = 60, LearningRate = 1e-2, HeldOutShare = 0, SequenceLength = 24 },
            [(InputNames.Policy, start)], run =>
                RunJson.WriteLines(run.TextFile, Enumerable.Repeat(new TextLine(" was warm.", "The soup"), 4)));
        using var policy = StageRun.Load(attempt.ModelFolder);
        var said = StageRun.Draw(policy, "The soup", 0, 0, new SamplingOptions { Greedy = true, MaxNewTokens = 20 },
            new RandomStream(1, "any"));
        Assert.Equal(policy.Tokenizer.EncodeCompletion(" was warm."), said.Ids);
        Assert.Equal(FinishReason.Eos, said.Finish);
        Assert.Contains(said.Ids[^1], policy.Model.Config.EosIds);
    }

    [Fact]
    public void Pretraining_makes_tokenizer_and_weights_from_the_text()
    {
        var options = new PretrainOptions
        {
            Device = "cpu",
            Seed = 6,
            VocabularySize = 280,
            Packing = false,
            SequenceLength = 32,
            BatchSize = 2,
            LearningRate = 1e-3,
            HeldOutShare = 0,
            Model = new DecoderShape
            {
                HiddenSize = 16,
                Layers = 1,
                Heads = 2,
                KvHeads = 1,
                IntermediateSize = 24,
                MaxPositions = 40,
                TieWordEmbeddings = false,
            },
        };
        TextLine[] texts = [new("The soup was warm."), new(" was cold.", "The room"), new("The soup was cold.")];
        var attempt = _run.Execute(RunKinds.Pretrain, options, [], run => RunJson.WriteLines(run.TextFile, texts));

        string[] whole = ["The soup was warm.", "The room was cold.", "The soup was cold."];
        var tokenizer = BpeTrainer.Train(whole, 280, ["<|begin|>", "<|end|>", "<|pad|>"]);
        var config = ModelConfig.CreateLlama(tokenizer.VocabSize, 16, 1, 2, 1, 24, 40, tieWordEmbeddings: false, bosId: 0,
            eosIds: [1], padId: 2);
        using var model = CausalLm.Create(config, new RandomStream(6, "initialization"), CPU, ScalarType.Float32);
        new SftTrainer(options, new NoObserver()).Train(model,
            [.. whole.Select(text => TokenizedText.Document([.. tokenizer.Encode(text, addSpecialTokens: true), 1]))], cancellation: Stop);
        using var made = StageRun.Load(attempt.ModelFolder);
        Assert.Equal(_run.Saved(model, attempt.ModelFolder), StageRun.Weights(attempt.ModelFolder));
        Assert.Equal(tokenizer.Encode("The soup was warm.", addSpecialTokens: true), made.Tokenizer.EncodePrompt("The soup was warm."));
        Assert.Equal((tokenizer.VocabSize, 40), (attempt.ReadResult<LanguageModelResult>().VocabularySize, made.Model.Config.MaxPositions));
    }
}

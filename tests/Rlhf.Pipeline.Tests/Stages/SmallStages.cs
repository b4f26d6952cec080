using Rlhf.Core.Options;
using Rlhf.Pipeline.Files;
using Rlhf.Pipeline.Runs;
using Rlhf.Pipeline.Stages;

namespace Rlhf.Pipeline.Tests.Stages;

/// <summary>Each stage that reads a policy, at its smallest: for rules that hold for all of them.</summary>
internal static class SmallStages
{
    private static readonly PromptLine[] Prompts = [new("The soup was warm."), new("The old road."), new("The bed.", HeldOut: true)];

    private static readonly SamplingOptions Sampling = new() { MaxNewTokens = 4 };

    /// <param name="run">Where.</param>
    /// <param name="kind">The stage.</param>
    /// <param name="policy">The folder of the policy that it starts from.</param>
    /// <param name="reward">A reward model with the same tokenizer.</param>
    public static AttemptFolder ExecuteSmall(this StageRun run, string kind, string policy, string reward) => kind switch
    {
        RunKinds.Candidates => run.Execute(kind, new CandidatesOptions { Device = "cpu", PerPrompt = 2, Sampling = Sampling },
            [(InputNames.Policy, policy)], WritePrompts),
        RunKinds.Sft => run.Execute(kind, new SftOptions { Device = "cpu", BatchSize = 2, SequenceLength = 24, HeldOutShare = 0 },
            [(InputNames.Policy, policy)],
            folder => RunJson.WriteLines(folder.TextFile, new TextLine[] { new(" was warm.", "The soup"), new(" fell.", "The rain") })),
        RunKinds.Reward => run.Execute(kind, new RewardOptions { Device = "cpu", BatchSize = 2, NormalizationSamples = 2 },
            [(InputNames.Policy, policy)],
            folder => RunJson.WriteLines(folder.RankingsFile, Prompts.Select(p => new RankingLine(
                p.Prompt, ["warm", "cold room"], [1, 2], p.HeldOut ? RankingLine.OnHeldOut : RankingLine.Train)))),
        RunKinds.Ppo => run.Execute(kind,
            new PpoOptions { Device = "cpu", Updates = 1, BatchSize = 2, Minibatches = 1, Epochs = 1, MaxNewTokens = 4 },
            [(InputNames.Policy, policy), (InputNames.RewardModel, reward)], WritePrompts),
        RunKinds.Evaluate => run.Execute(kind, new EvaluateOptions { Device = "cpu", Sampling = Sampling },
            [(InputNames.Policy, policy), (InputNames.TrainedPolicy, policy), (InputNames.RewardModel, reward)], WritePrompts,
            gold: "stories"),
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, "is no stage that reads a policy"),
    };

    private static void WritePrompts(RunFolder folder) => RunJson.WriteLines(folder.PromptsFile, Prompts);
}

using Rlhf.Core;
using Rlhf.Core.Options;
using Rlhf.Definitions.Pipelines;
using Rlhf.Pipeline.Runs;
using Rlhf.Storage;

namespace Rlhf.Pipeline.Hub;

/// <summary>What the stages before one have made or named, and what this one therefore starts from. Paths are absolute.</summary>
/// <param name="Policy">The policy that the loop starts from.</param>
/// <param name="Prompts">The prompts of the pipeline and the seed that draws them.</param>
/// <param name="Candidates">The run that sampled the candidates.</param>
/// <param name="Rankings">A file of rankings.</param>
/// <param name="GoldReward">What the simulated annotators followed.</param>
public sealed record StageInputs(
    string? Policy = null,
    (PromptOptions Options, ulong Seed)? Prompts = null,
    string? Candidates = null,
    string? Rankings = null,
    string? GoldReward = null,
    string? RewardModel = null,
    string? TrainedPolicy = null)
{
    /// <summary>Walks from the first stage to just before <paramref name="position"/>. Nothing is read: ids and options decide.</summary>
    public static StageInputs ForStage(int position, PipelineFile pipeline, Guid pipelineRun, Home home)
    {
        var inputs = new StageInputs();
        for (int i = 0; i < position; i++)
            inputs = inputs.AfterStage(pipeline.Stages[i].Options, new RunFolder(home.RunFolder(RunIds.ForStage(pipelineRun, i))));
        return inputs;
    }

    /// <summary>With what the options of the stage itself name.</summary>
    public StageInputs OverriddenBy(StageOptions options) => options switch
    {
        SftOptions sft => this with { Policy = Given(sft.Model) ?? Policy },
        CandidatesOptions candidates => this with { Policy = Given(candidates.Model) ?? Policy, Prompts = (candidates.Prompts, candidates.Seed) },
        CollectOptions collect => this with
        {
            Candidates = Given(collect.Candidates) ?? Candidates,
            GoldReward = collect.Data.Length == 0 ? collect.Annotators.GoldReward : null,
        },
        RewardOptions reward => this with { Policy = Given(reward.Model) ?? Policy, Rankings = Given(reward.Rankings) ?? Rankings },
        PpoOptions ppo => this with
        {
            Policy = Given(ppo.Model) ?? Policy,
            RewardModel = Given(ppo.RewardModel) ?? RewardModel,
            Prompts = ppo.Prompts is { } prompts ? (prompts, ppo.Seed) : Prompts,
        },
        EvaluateOptions evaluate => this with
        {
            Policy = Given(evaluate.Model) ?? Policy,
            TrainedPolicy = Given(evaluate.Policy) ?? TrainedPolicy,
            RewardModel = Given(evaluate.RewardModel) ?? RewardModel,
            Prompts = evaluate.Prompts is { } prompts ? (prompts, evaluate.Seed) : Prompts,
            GoldReward = evaluate.GoldReward switch { "" => GoldReward, "none" => null, var name => name },
        },
        _ => this,
    };

    private StageInputs AfterStage(StageOptions options, RunFolder run)
    {
        var named = OverriddenBy(options);
        return options switch
        {
            PretrainOptions or SftOptions => named with { Policy = run.ModelFolder },
            CandidatesOptions => named with { Candidates = run.CandidatesFile },
            CollectOptions => named with { Rankings = run.RankingsFile },
            RewardOptions => named with { RewardModel = run.ModelFolder },
            PpoOptions => named with { TrainedPolicy = run.ModelFolder },
            _ => named,
        };
    }

    private static string? Given(string path) => path.Length == 0 ? null : Path.GetFullPath(path);

    /// <exception cref="UserError">The stage needs it and nothing gives it.</exception>
    public static T Required<T>(T? value, string kind, string what) where T : class =>
        value ?? throw new UserError($"{kind}: {what} (no earlier stage gives it)");
}

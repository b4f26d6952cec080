namespace Rlhf.Contracts;

/// <summary>What every command that starts a stage says: which pipeline run, and the id of the run that is to be made for it.</summary>
/// <remarks>The run's id is chosen by the sender, so that a command delivered twice makes one run.</remarks>
public interface IStageCommand
{
    public Guid PipelineRunId { get; }

    public Guid RunId { get; }
}

/// <summary>Starts a pipeline run whose row is already in the hub's database.</summary>
public sealed record StartPipeline(Guid PipelineRunId, IReadOnlyList<string> Stages);

/// <summary>Pretrain a policy from text.</summary>
public sealed record PretrainPolicy(Guid PipelineRunId, Guid RunId) : IStageCommand;

/// <summary>Fine-tune a policy on prompts with completions.</summary>
public sealed record FineTunePolicy(Guid PipelineRunId, Guid RunId) : IStageCommand;

/// <summary>Sample K completions for every prompt.</summary>
public sealed record SampleCandidates(Guid PipelineRunId, Guid RunId) : IStageCommand;

/// <summary>Have the candidates ranked (or take rankings from files) and fix a dataset version.</summary>
public sealed record CollectRankings(Guid PipelineRunId, Guid RunId) : IStageCommand;

/// <summary>Train a reward model on a dataset version.</summary>
public sealed record TrainRewardModel(Guid PipelineRunId, Guid RunId) : IStageCommand;

/// <summary>Train the policy against the reward model (PPO).</summary>
public sealed record TrainPolicy(Guid PipelineRunId, Guid RunId) : IStageCommand;

/// <summary>Compare the trained policy with the one it started from.</summary>
public sealed record Evaluate(Guid PipelineRunId, Guid RunId) : IStageCommand;

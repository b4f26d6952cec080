using Rlhf.Contracts;
using Rlhf.Pipeline.Runs;

namespace Rlhf.Pipeline.Hub;

/// <summary>Which command starts a stage and which event ends it.</summary>
public static class StageMessages
{
    public static object Command(string kind, Guid pipelineRun, Guid run) => kind switch
    {
        RunKinds.Pretrain => new PretrainPolicy(pipelineRun, run),
        RunKinds.Sft => new FineTunePolicy(pipelineRun, run),
        RunKinds.Candidates => new SampleCandidates(pipelineRun, run),
        RunKinds.Collect => new CollectRankings(pipelineRun, run),
        RunKinds.Reward => new TrainRewardModel(pipelineRun, run),
        RunKinds.Ppo => new TrainPolicy(pipelineRun, run),
        RunKinds.Evaluate => new Evaluate(pipelineRun, run),
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, "no such stage"),
    };

    public static object Done(string kind, Guid pipelineRun, Guid run) => kind switch
    {
        RunKinds.Pretrain => new PolicyPretrained(pipelineRun, run),
        RunKinds.Sft => new PolicyFineTuned(pipelineRun, run),
        RunKinds.Candidates => new CandidatesSampled(pipelineRun, run),
        RunKinds.Collect => new RankingsCollected(pipelineRun, run),
        RunKinds.Reward => new RewardModelTrained(pipelineRun, run),
        RunKinds.Ppo => new PolicyTrained(pipelineRun, run),
        RunKinds.Evaluate => new Evaluated(pipelineRun, run),
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, "no such stage"),
    };
}

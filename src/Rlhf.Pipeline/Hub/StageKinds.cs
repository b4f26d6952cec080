using Rlhf.Core.Options;
using Rlhf.Pipeline.Runs;

namespace Rlhf.Pipeline.Hub;

/// <summary>The kinds of stages and the record that holds each one's options.</summary>
public static class StageKinds
{
    public static IReadOnlyDictionary<string, Type> Options { get; } = new Dictionary<string, Type>(StringComparer.Ordinal)
    {
        [RunKinds.Pretrain] = typeof(PretrainOptions),
        [RunKinds.Sft] = typeof(SftOptions),
        [RunKinds.Candidates] = typeof(CandidatesOptions),
        [RunKinds.Collect] = typeof(CollectOptions),
        [RunKinds.Reward] = typeof(RewardOptions),
        [RunKinds.Ppo] = typeof(PpoOptions),
        [RunKinds.Evaluate] = typeof(EvaluateOptions),
    };
}

using Rlhf.Core;
using Rlhf.Core.Options;
using Rlhf.Pipeline.Reports;
using Rlhf.Pipeline.Runs;

namespace Rlhf.Pipeline.Stages;

/// <summary>What a run's process does: the stage that run.json names, its result written last.</summary>
public static class RunExecution
{
    /// <summary>Synchronous, on the calling thread. It reads and writes the run's folder and the checkpoints that run.json names, nothing else.</summary>
    /// <exception cref="UserError">The folder holds no run, or the stage refuses its input.</exception>
    public static void Execute(RunFolder folder, LineObserver observer)
    {
        object result = folder.Read().Kind switch
        {
            RunKinds.Pretrain => Run<PretrainOptions, LanguageModelResult>(folder, observer, PretrainStage.Run),
            RunKinds.Sft => Run<SftOptions, LanguageModelResult>(folder, observer, SftStage.Run),
            RunKinds.Candidates => Run<CandidatesOptions, CandidatesResult>(folder, observer, CandidatesStage.Run),
            RunKinds.Reward => Run<RewardOptions, RewardStageResult>(folder, observer, RewardStage.Run),
            RunKinds.Ppo => Run<PpoOptions, PpoStageResult>(folder, observer, PpoStage.Run),
            RunKinds.Evaluate => Run<EvaluateOptions, EvaluationReport>(folder, observer, EvaluateStage.Run),
            var kind => throw new UserError($"{folder.ManifestFile}: no process computes a run of kind '{kind}'"),
        };
        folder.WriteResult(result);
    }

    private static TResult Run<TOptions, TResult>(RunFolder folder, LineObserver observer, Func<RunFolder, TOptions, LineObserver, TResult> stage)
        where TOptions : StageOptions
    {
        var options = folder.Options<TOptions>();
        ComputeEnvironment.Write(folder, options);
        return stage(folder, options, observer);
    }
}

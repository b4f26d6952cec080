using Rlhf.Core.Options;
using Rlhf.Pipeline.Hub.Work;
using Rlhf.Pipeline.Runs;
using Rlhf.Pipeline.Stages.Planning;

namespace Rlhf.Pipeline.Stages;

/// <summary>
/// Has candidates ranked by people and fixes a dataset version: the hub's own work (<see cref="LabelWork"/>). Between opening the
/// labeling project and its last answer the run waits, without lease, loop or process.
/// </summary>
public static class LabelStage
{
    public static StageDefinition Definition { get; } = StageDefinition.Create<LabelOptions>(
        RunKinds.Label, "Has candidates ranked by people: opens a labeling project, waits for its answers, fixes a dataset version.",
        plan: (options, inputs, _) =>
        [
            PlannedInputs.Candidates(inputs),
            .. StageInputs.Given(options.Weights) is { } path ? new[] { PlannedInputs.Weights(path) } : [],
        ],
        execute: null,
        take: (inputs, options) => inputs with
        {
            Candidates = StageInputs.Given(options.Candidates) ?? inputs.Candidates,
            // A project that nobody waits for changes nothing for the stages that follow.
            GoldReward = options.Wait ? null : inputs.GoldReward,
        }) with
    {
        HubWork = typeof(LabelWork),
        AddOutputs = (inputs, options, run) => options is LabelOptions { Wait: true }
            ? inputs with { Rankings = run.RankingsFile, CollectedBy = run.Run.Id }
            : inputs,
        // Candidates keep the side that their prompts were given.
        Resolve = (options, inputs) => options is LabelOptions label && inputs.Prompts is { } prompts
            ? label with { HeldOut = prompts.Options.HeldOut }
            : options,
    };
}

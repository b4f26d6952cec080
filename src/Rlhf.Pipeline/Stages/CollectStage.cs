using Rlhf.Core.Options;
using Rlhf.Pipeline.Hub.Work;
using Rlhf.Pipeline.Runs;
using Rlhf.Pipeline.Stages.Planning;

namespace Rlhf.Pipeline.Stages;

/// <summary>
/// Has candidates ranked, imports rankings or takes those of a labeling project, and fixes a dataset version: the hub's own work
/// (<see cref="CollectWork"/>).
/// </summary>
public static class CollectStage
{
    public static StageDefinition Definition { get; } = StageDefinition.Create<CollectOptions>(
        RunKinds.Collect,
        "Has candidates ranked by simulated annotators, imports rankings, or takes those of a project; fixes a dataset version.",
        plan: (options, inputs, _) =>
        [
            .. options.Data.Length > 0 || options.Project.Length > 0 ? [] : new[] { PlannedInputs.Candidates(inputs) },
            .. StageInputs.Given(options.Weights) is { } path ? new[] { PlannedInputs.Weights(path) } : [],
        ],
        execute: null,
        take: (inputs, options) => inputs with
        {
            Candidates = StageInputs.Given(options.Candidates) ?? inputs.Candidates,
            GoldReward = options.Data.Length == 0 && options.Project.Length == 0 ? options.Annotators.GoldReward : null,
        },
        give: (inputs, run) => inputs with { Rankings = run.RankingsFile, CollectedBy = run.Run.Id }) with
    {
        HubWork = typeof(CollectWork),
        // Candidates keep the side that their prompts were given.
        Resolve = (options, inputs) => options is CollectOptions { Data: "", Project: "" } collect && inputs.Prompts is { } prompts
            ? collect with { HeldOut = prompts.Options.HeldOut }
            : options,
    };
}

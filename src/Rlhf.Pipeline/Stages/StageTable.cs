using Rlhf.Core;
using Rlhf.Definitions.Pipelines;

namespace Rlhf.Pipeline.Stages;

/// <summary>The one table of stages, in the order of the loop. A new stage is a row here.</summary>
public static class StageTable
{
    public static IReadOnlyList<StageDefinition> All { get; } =
    [
        PretrainStage.Definition,
        SftStage.Definition,
        CandidatesStage.Definition,
        CollectStage.Definition,
        LabelStage.Definition,
        RewardStage.Definition,
        PpoStage.Definition,
        EvaluateStage.Definition,
    ];

    /// <summary>Kinds and options, for whatever reads pipeline files.</summary>
    public static StageCatalog Catalog { get; } = new(All.ToDictionary(s => s.Kind, s => s.OptionsType, StringComparer.Ordinal));

    /// <exception cref="UserError">There is no such stage.</exception>
    public static StageDefinition Get(string kind) =>
        All.FirstOrDefault(s => s.Kind == kind)
            ?? throw new UserError($"'{kind}' is not a kind of stage; expected one of {string.Join(", ", All.Select(s => s.Kind))}");
}

using System.Globalization;
using Rlhf.Core;
using Rlhf.Core.Options;
using Rlhf.Definitions.Yaml;

namespace Rlhf.Definitions.Pipelines;

/// <summary>
/// Candidates keep the side that their prompts were given: with a share of its own, <c>collect</c> or <c>label</c> would train the reward
/// model on prompts that are held out. Only where no stage before has prompts does the share of these stages act.
/// </summary>
internal static class HeldOutShares
{
    /// <param name="stages">The stages of the file, each with what is written there.</param>
    /// <exception cref="UserError">A stage names another share than the prompts that it has.</exception>
    public static void Check(IEnumerable<(YamlMapping Written, PipelineStage Stage)> stages)
    {
        (string Kind, double Share)? prompts = null;
        foreach (var (written, stage) in stages)
        {
            if (PromptsOf(stage.Options) is { } given)
                prompts = (stage.Kind, given.HeldOut);
            if (prompts is { } known && ShareOf(stage.Options) is { } share && share != known.Share && written.Find("heldOut") is { } entry)
            {
                throw new UserError($"{entry.Place}: {stage.Kind}.heldOut: {Text(share)} has no effect: candidates keep the side that "
                    + $"{known.Kind}.prompts.heldOut ({Text(known.Share)}) gives their prompts; change that one, or leave heldOut out");
            }
        }
    }

    private static PromptOptions? PromptsOf(StageOptions options) => options switch
    {
        CandidatesOptions candidates => candidates.Prompts,
        PpoOptions ppo => ppo.Prompts,
        EvaluateOptions evaluate => evaluate.Prompts,
        _ => null,
    };

    private static double? ShareOf(StageOptions options) => options switch
    {
        CollectOptions { Data: "", Project: "" } collect => collect.HeldOut,
        LabelOptions label => label.HeldOut,
        _ => null,
    };

    private static string Text(double share) => share.ToString(CultureInfo.InvariantCulture);
}

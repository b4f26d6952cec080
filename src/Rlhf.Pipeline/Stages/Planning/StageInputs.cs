using Rlhf.Core;
using Rlhf.Core.Options;
using Rlhf.Definitions.Pipelines;
using Rlhf.Pipeline.Runs;

namespace Rlhf.Pipeline.Stages.Planning;

/// <summary>What the stages before one have made or named, and what this one therefore starts from. Paths are absolute.</summary>
/// <param name="Policy">The policy that the loop, or this round of it, starts from.</param>
/// <param name="Prompts">The prompts of the pipeline and the seed that draws them.</param>
/// <param name="Candidates">A file of candidates.</param>
/// <param name="Rankings">A file of rankings.</param>
/// <param name="CollectedBy">The run that collected the rankings; null where a file was named.</param>
/// <param name="GoldReward">What the simulated annotators followed.</param>
/// <param name="RewardModel">The folder of a reward model.</param>
/// <param name="TrainedPolicy">The policy after PPO.</param>
/// <param name="StartPolicy">The policy that the first round started from; null in the first round.</param>
/// <param name="PreviousPolicy">The policy that the round before started from; null in the first round.</param>
public sealed record StageInputs(
    string? Policy = null,
    (PromptOptions Options, ulong Seed)? Prompts = null,
    string? Candidates = null,
    string? Rankings = null,
    string? GoldReward = null,
    string? RewardModel = null,
    string? TrainedPolicy = null,
    Guid? CollectedBy = null,
    string? StartPolicy = null,
    string? PreviousPolicy = null)
{
    /// <summary>
    /// Walks from the first stage to just before <paramref name="position"/>. Reads no file:
    /// options and the places of finished runs decide.
    /// </summary>
    /// <param name="finished">The attempt of each earlier stage that succeeded.</param>
    public static StageInputs ForStage(int position, PipelineFile pipeline, Func<int, AttemptFolder> finished)
    {
        var inputs = new StageInputs();
        for (int i = 0; i < position; i++)
        {
            var (kind, options) = pipeline.Stages[i];
            inputs = StageTable.Get(kind).AddOutputs(inputs.OverriddenBy(kind, options), options, finished(i));
        }
        return inputs;
    }

    /// <summary>The inputs of the next round: it starts from the policy that this one has trained.</summary>
    public StageInputs NextRound() => this with
    {
        StartPolicy = StartPolicy ?? Policy,
        PreviousPolicy = Policy,
        Policy = TrainedPolicy ?? Policy,
    };

    /// <summary>Overrides inputs with those named in the stage's own options.</summary>
    public StageInputs OverriddenBy(string kind, StageOptions options) => StageTable.Get(kind).Override(this, options);

    /// <summary>A path in an option: absolute, null where none was given.</summary>
    public static string? Given(string path) => path.Length == 0 ? null : Path.GetFullPath(path);

    /// <exception cref="UserError">The stage needs it and nothing gives it.</exception>
    public static T Required<T>(T? value, string option, string what) where T : class => value ?? throw Missing(option, what);

    /// <summary>
    /// The error where neither an option nor an earlier stage gives an input; the caller adds the name of the stage.
    /// </summary>
    public static UserError Missing(string option, string what) =>
        new($"option '{option}' is missing: it names {what}, and no earlier stage makes one");
}

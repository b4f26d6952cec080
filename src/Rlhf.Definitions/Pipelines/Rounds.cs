using Rlhf.Core;
using Rlhf.Core.Options;
using Rlhf.Definitions.Yaml;

namespace Rlhf.Definitions.Pipelines;

/// <summary>
/// Replaces <c>repeat</c> by the stages that it repeats. Runs, progress and recovery then know nothing but a list of stages; what
/// differs from round to round stands in the options of the stages.
/// </summary>
internal static class Rounds
{
    public const string Kind = "repeat";

    private const string Candidates = "candidates", Ppo = "ppo";

    /// <param name="stages">The stages of the file, each with its place in it.</param>
    /// <exception cref="UserError">A repeat without stages that it could repeat.</exception>
    public static IReadOnlyList<PipelineStage> Expand(IReadOnlyList<(Place Place, PipelineStage Stage)> stages)
    {
        var expanded = new List<PipelineStage>();
        if (stages.Where(entry => entry.Stage.Kind == Kind).Skip(1).FirstOrDefault() is { Stage: not null } second)
            throw new UserError($"{second.Place}: repeat: a pipeline has one at most; give it more rounds");
        foreach (var (place, stage) in stages)
        {
            if (stage is { Kind: Kind, Options: RepeatOptions repeat })
                expanded.AddRange(MoreRounds(expanded, repeat, place));
            else
                expanded.Add(stage);
        }
        return expanded;
    }

    private static List<PipelineStage> MoreRounds(List<PipelineStage> before, RepeatOptions repeat, Place place)
    {
        int first = before.FindIndex(stage => stage.Kind == repeat.From);
        if (first < 0)
        {
            string[] kinds = [.. before.Select(stage => stage.Kind).Distinct()];
            throw new UserError($"{place}: repeat.from: no stage '{OneLine.Quote(repeat.From)}' before the repeat"
                + $"{NearestName.Suggest(repeat.From, kinds)} Before it: {(kinds.Length == 0 ? "nothing" : string.Join(", ", kinds))}");
        }
        var round = before[first..];
        if (round.All(stage => stage.Kind != Candidates) || round.All(stage => stage.Kind != Ppo))
        {
            throw new UserError($"{place}: repeat: the repeated stages must have {Candidates} and {Ppo}: each round samples the policy "
                + $"that the round before has trained; they are {string.Join(", ", round.Select(stage => stage.Kind))}");
        }
        if (repeat.Rounds > 1 && round.Any(stage => stage.Options is LabelOptions { Until.Date.Length: > 0 }))
        {
            throw new UserError($"{place}: repeat: label.until.date would end the labeling of every round on the same date; "
                + "use label.until.days, which counts from the opening of each round's project");
        }
        return [.. Enumerable.Range(2, repeat.Rounds - 1).SelectMany(number => round.Select(stage => stage with
        {
            Options = ForRound(stage.Options, number, repeat),
        }))];
    }

    private static StageOptions ForRound(StageOptions options, int round, RepeatOptions repeat) => options switch
    {
        // No model of its own: the newest policy of the pipeline.
        CandidatesOptions candidates => candidates with { Round = round, Model = "", PreviousShare = repeat.PreviousShare },
        LabelOptions label => label with { Round = round },
        _ => options,
    };
}

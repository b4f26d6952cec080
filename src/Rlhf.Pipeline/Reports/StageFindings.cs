using System.Globalization;
using Rlhf.Pipeline.Hub.Work;
using Rlhf.Pipeline.Runs;
using Rlhf.Pipeline.Stages;
using Rlhf.Training.Sft;

namespace Rlhf.Pipeline.Reports;

/// <summary>One line of what a stage came to: "candidates" and "1600 completions of 400 prompts …".</summary>
public sealed record Finding(string Name, string Value);

/// <summary>
/// Results of the training or sampling of single stages, for the terminal; measurements of a whole
/// pipeline are in <see cref="PipelineSummary"/>.
/// </summary>
public static class StageFindings
{
    /// <param name="kind">The kind of stage; one that is not known here has nothing to say.</param>
    /// <param name="attempt">The attempt that succeeded.</param>
    public static IEnumerable<Finding> Read(string kind, AttemptFolder attempt) => kind switch
    {
        RunKinds.Pretrain or RunKinds.Sft => OfLanguageModel(kind, attempt.ReadResult<LanguageModelResult>()),
        RunKinds.Candidates => OfCandidates(attempt.ReadResult<CandidatesResult>()),
        RunKinds.Label => OfLabel(attempt.ReadResult<LabelResult>()),
        RunKinds.Reward => OfReward(attempt.ReadResult<RewardStageResult>()),
        RunKinds.Ppo => OfPpo(attempt.ReadResult<PpoStageResult>()),
        _ => [],
    };

    private static IEnumerable<Finding> OfLanguageModel(string kind, LanguageModelResult result)
    {
        SftResult training = result.Training;
        yield return new($"{kind}: loss per token", Text($"{training.TrainingLoss:0.000} in training{HeldOut(training.EvaluationLoss)}"));
        yield return new($"{kind}: trained on",
            Text($"{training.Tokens} tokens in {training.Steps} steps; {result.Parameters} parameters, ")
            + Text($"vocabulary of {result.VocabularySize}"));
    }

    private static IEnumerable<Finding> OfCandidates(CandidatesResult result)
    {
        yield return new("candidates",
            Text($"{result.Completions} completions of {result.Prompts} prompts; ")
            + Text($"{result.MeanTokens:0.0} tokens on average, {100 * result.EndedShare:0.0} % ended by themselves"));
    }

    private static IEnumerable<Finding> OfLabel(LabelResult result)
    {
        yield return new("labeling project", Text($"{result.Tasks} tasks for people to rank (project {result.Project})")
            + (result.Ended is { } ended ? $"; ended because {ended}" : ""));
    }

    private static IEnumerable<Finding> OfReward(RewardStageResult result)
    {
        yield return new("reward model: loss per pair",
            Text($"{result.Training.TrainingLoss:0.000} in training{HeldOut(result.Training.HeldOutLoss)}"));
        yield return new("reward model: trained on",
            Text($"{result.TrainRankings} rankings in {result.Training.Steps} steps, measured on {result.HeldOutRankings}"));
    }

    private static IEnumerable<Finding> OfPpo(PpoStageResult result)
    {
        yield return new("ppo: trained on", Text($"{result.Episodes} completions in {result.Updates} updates"));
        if (result.Last.TryGetValue("objective/scores", out double score) && result.Last.TryGetValue("objective/kl", out double kl))
            yield return new("ppo: last update", Text($"reward model's score {score:0.000}, KL {kl:0.00} nats per completion"));
    }

    private static string HeldOut(double? loss) => loss is { } known ? Text($", {known:0.000} held out") : "";

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}

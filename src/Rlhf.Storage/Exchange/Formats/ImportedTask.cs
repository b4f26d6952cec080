using Rlhf.Core.Content;
using Rlhf.Storage.Entities;
using Rlhf.Storage.Import;
using Rlhf.Storage.Json;

namespace Rlhf.Storage.Exchange.Formats;

/// <summary>A completion of a file.</summary>
/// <param name="Source">The model that made it, as the file names it.</param>
public sealed record ImportedCompletion(IReadOnlyList<Message> Content, string? Source = null)
{
    /// <summary>A completion of one text.</summary>
    public static ImportedCompletion FromText(string text, string? source = null) =>
        new([Message.FromText(Message.Assistant, text)], source);
}

/// <summary>What somebody answered to a task.</summary>
/// <param name="Answers">By question; the order of the completions under <see cref="Question.Ranking"/>.</param>
/// <param name="Annotator">Who, as the file names them; null where it does not.</param>
/// <param name="Simulated">Whether a program answered.</param>
public sealed record ImportedAnswers(Answers Answers, string? Annotator = null, bool Simulated = false)
{
    /// <summary>One order of the completions.</summary>
    public static ImportedAnswers FromRanks(IReadOnlyList<int> ranks, double? strength = null, string? annotator = null) =>
        new(Answers.OfRanking(Answer.FromRanks(ranks, strength)), annotator);
}

/// <summary>A task of a file: a prompt, its completions, and the answers to it, if any.</summary>
public sealed record ImportedTask(
    IReadOnlyList<Message> Prompt, IReadOnlyList<ImportedCompletion> Completions, IReadOnlyList<ImportedAnswers> Answers)
{
    /// <inheritdoc cref="LabelingTask.SplitGroup"/>
    public string? SplitGroup { get; init; }

    /// <summary>
    /// What its answers answer beside the order of the completions, where that is not the same for every file of the format: the one that
    /// says most of why somebody decided so comes first.
    /// </summary>
    public IReadOnlyList<Question> Questions { get; init; } = [];

    /// <summary>What of it was left out on purpose; the same words for every task of which the same was.</summary>
    public string? Remark { get; init; }

    /// <summary>What tells it from other tasks of the same files; null takes all of it.</summary>
    internal string? Identity { get; init; }

    /// <summary>A preference between two completions.</summary>
    /// <param name="prompt">What both follow.</param>
    /// <param name="first">One completion.</param>
    /// <param name="second">The other.</param>
    /// <param name="preference">Below 0 where the first is better, above 0 where the second is, 0 for a tie.</param>
    /// <param name="strength">How much better, where the file says so.</param>
    public static ImportedTask FromPair(
        IReadOnlyList<Message> prompt, ImportedCompletion first, ImportedCompletion second, double preference, double? strength = null) =>
        new(prompt, [first, second], [ImportedAnswers.FromRanks(PairRanks(preference), strength)]);

    /// <summary>The ranks of two completions, from a number that is below 0 where the first is better.</summary>
    public static IReadOnlyList<int> PairRanks(double preference) => preference switch
    {
        < 0 => [1, 2],
        > 0 => [2, 1],
        _ => [1, 1],
    };

    internal static ImportedTask FromJudgment(ImportedJudgment judgment) => new(
        judgment.Prompt, [.. judgment.Completions.Select(c => new ImportedCompletion(c))],
        [new ImportedAnswers(Entities.Answers.OfRanking(Answer.FromRanks(judgment.Ranks, judgment.Strength)), null, judgment.Simulated)])
    {
        // As the first imports named it, so that what they brought is known again.
        Identity = "judgment\n" + ContentJson.Write(judgment),
    };
}

/// <summary>What was read at one place of a file.</summary>
/// <param name="Line">The number of the line or row, from 1.</param>
/// <param name="Task">Null where there is a fault.</param>
/// <param name="Fault">Why nothing could be read.</param>
public readonly record struct ReadTask(int Line, ImportedTask? Task, string? Fault = null);

using Rlhf.Core.Content;
using Rlhf.Storage.Entities;

namespace Rlhf.Storage.Quality;

/// <summary>What one annotator answered to a task: the newest revision.</summary>
/// <param name="Annotator">Index into <see cref="ProjectJudgments.Annotators"/>.</param>
/// <param name="Seconds">The active time, where it was recorded, else the time taken.</param>
public sealed record GivenAnswers(int Annotator, Answers Answers, IReadOnlyList<int>? OrderShown, double? Seconds);

/// <summary>A task that somebody answered.</summary>
/// <param name="Policies">For each completion an index into <see cref="ProjectJudgments.Policies"/>; −1 where it is not known.</param>
/// <param name="SelfIdentifying">For each completion whether its text says which model it is.</param>
/// <param name="Repeats">For each completion whether it is identical, after trimming, to one before it.</param>
public sealed record AnsweredTask(
    Guid Id, IReadOnlyList<int> Policies, IReadOnlyList<bool> SelfIdentifying, IReadOnlyList<bool> Repeats,
    IReadOnlyList<GivenAnswers> Given)
{
    /// <summary>Whether a reviewer has set its final answers.</summary>
    public bool IsAdjudicated { get; init; }
}

/// <summary>
/// The answers of a project as statistics need them: normal tasks, newest revisions, without what is erased or excluded.
/// </summary>
/// <param name="Questions">Of the newest version.</param>
/// <param name="AnsweredTasks">How many tasks have answers, whether or not they are in <paramref name="Tasks"/>.</param>
/// <param name="Tasks">All of them, or the largest sample that was asked for.</param>
/// <param name="Annotators">Who gave the answers, in the order of their first appearance.</param>
/// <param name="Policies">The names of the policies behind the completions.</param>
public sealed record ProjectJudgments(
    IReadOnlyList<Question> Questions, int AnsweredTasks, IReadOnlyList<AnsweredTask> Tasks, IReadOnlyList<Guid> Annotators,
    IReadOnlyList<string> Policies)
{
    /// <summary>
    /// The rankings that answer a question. Of identical completions only the first counts: it was shown for all of them, so that
    /// their ties say nothing.
    /// </summary>
    /// <param name="question">A ranking or pairwise question.</param>
    /// <param name="leaveOutSelfIdentifying">Whether completions that say which model they are have no policy.</param>
    public IReadOnlyList<JudgedTask> Rankings(Question question, bool leaveOutSelfIdentifying = false) =>
    [
        .. Tasks.Select(task => new JudgedTask(task.Policies.Count, [.. Judgments(task, question.Key)])
        {
            Policies = [.. task.Policies.Select((policy, i) => leaveOutSelfIdentifying && task.SelfIdentifying[i] ? -1 : policy)],
        }),
    ];

    /// <summary>
    /// The ratings or labels that answer a question: for each task a unit per completion (or one for the task as a whole) with the
    /// annotators' values. A set of labels is one value.
    /// </summary>
    public IReadOnlyList<IReadOnlyList<IReadOnlyList<double>>> Values(Question question)
    {
        var labels = new Dictionary<string, double>(StringComparer.Ordinal);
        return [.. Tasks.Select(task => (IReadOnlyList<IReadOnlyList<double>>)
        [
            .. Enumerable.Range(0, question.Kind == QuestionKind.Rating || question.PerCompletion ? task.Policies.Count : 1)
                .Select(i => (IReadOnlyList<double>)[.. task.Given.Select(given => Value(given, question, i, labels)).OfType<double>()]),
        ])];
    }

    private static IEnumerable<RankingJudgment> Judgments(AnsweredTask task, string question)
    {
        foreach (var given in task.Given)
        {
            if (given.Answers.GetValueOrDefault(question)?.Ranking is not { Count: > 0 } groups)
                continue;
            int[] ranks = new int[task.Policies.Count];
            for (int place = 0; place < groups.Count; place++)
            {
                foreach (int index in groups[place].Where(index => index >= 0 && index < ranks.Length && !task.Repeats[index]))
                    ranks[index] = place + 1;
            }
            yield return new RankingJudgment(given.Annotator, ranks, given.OrderShown);
        }
    }

    private static double? Value(GivenAnswers given, Question question, int completion, Dictionary<string, double> labels)
    {
        if (given.Answers.GetValueOrDefault(question.Key) is not { } answer)
            return null;
        if (question.Kind == QuestionKind.Rating)
            return answer.Ratings is { } ratings && completion < ratings.Count ? ratings[completion] : null;
        var chosen = question.PerCompletion ? answer.CompletionFlags?.ElementAtOrDefault(completion) : answer.Flags;
        if (chosen is null)
            return null;
        string key = string.Join('\n', chosen.Order(StringComparer.Ordinal));
        return labels.TryGetValue(key, out double known) ? known : labels[key] = labels.Count;
    }
}

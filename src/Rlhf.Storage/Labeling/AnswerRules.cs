using Rlhf.Core;
using Rlhf.Storage.Entities;

namespace Rlhf.Storage.Labeling;

/// <summary>Which answers a task accepts.</summary>
internal static class AnswerRules
{
    private const int MaxText = 1_000_000;

    /// <exception cref="UserError">The answers do not fit the questions or the task.</exception>
    public static void Check(Answers answers, IReadOnlyList<Question> questions, int completions)
    {
        foreach (string key in answers.Keys)
        {
            if (questions.All(q => q.Key != key))
                throw new UserError($"answers: the project asks no '{key}'; it asks {string.Join(", ", questions.Select(q => q.Key))}");
        }
        foreach (var question in questions)
        {
            var answer = answers.GetValueOrDefault(question.Key);
            if (answer is not null)
                CheckAnswer(answer, question, completions);
            if (question.Kind == QuestionKind.Ranking && answer?.Ranking is not { Count: > 0 } && answer?.NoneAcceptable != true)
                throw new UserError($"answers: '{question.Key}' has no ranking; untouched is no answer (equal is one group of all, or skip the task)");
        }
    }

    private static void CheckAnswer(Answer answer, Question question, int completions)
    {
        string place = $"answers: '{question.Key}'";
        var seen = new HashSet<int>();
        foreach (var group in answer.Ranking ?? [])
        {
            if (group.Count == 0)
                throw new UserError($"{place}: an empty group in the ranking");
            if (group.Count > 1 && !question.Ties)
                throw new UserError($"{place}: ties are not allowed in this project");
            foreach (int index in group)
            {
                if (index < 0 || index >= completions)
                    throw new UserError($"{place}: there is no completion {index}; they are 0 … {completions - 1}");
                if (!seen.Add(index))
                    throw new UserError($"{place}: completion {index} is ranked twice");
            }
        }
        if (answer.Strength is { } strength && !(strength >= 0 && strength <= question.MaxStrength))
            throw new UserError($"{place}: strength {strength} is not in 0 … {question.MaxStrength}");
        if (answer.Ratings is { } ratings && (ratings.Count != completions || ratings.Any(r => r is { } rating && !double.IsFinite(rating))))
            throw new UserError($"{place}: ratings must be {completions} numbers, one for each completion (null where none is given)");
        if (answer.Rewrite?.Length > MaxText || answer.Rationale?.Length > MaxText || answer.Flags?.Sum(f => f.Length) > MaxText)
            throw new UserError($"{place}: a text has at most {MaxText} characters");
    }
}

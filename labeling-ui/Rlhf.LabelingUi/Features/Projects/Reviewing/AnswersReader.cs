using Rlhf.Core;
using Rlhf.LabelingUi.Features.Projects.Forms;
using Rlhf.Storage.Entities;

namespace Rlhf.LabelingUi.Features.Projects.Reviewing;

/// <summary>Reads the fields of the form of answers. What is read is checked by the rules of labeling, not here.</summary>
internal static class AnswersReader
{
    private const double MaxNumber = 1e9;

    /// <summary>What the names of a question's fields begin with.</summary>
    public static string Field(string prefix, string question) => $"{prefix}.{question}";

    /// <param name="form">What was posted.</param>
    /// <param name="prefix">Of the fields.</param>
    /// <param name="questions">The questions of the project.</param>
    /// <param name="completions">How many completions the task has.</param>
    /// <param name="original">Answers whose other parts stay: marks, flags and what was rewritten; null for new answers.</param>
    /// <exception cref="UserError">A value that is no number.</exception>
    public static Answers Read(
        FormValues form, string prefix, IReadOnlyList<Question> questions, int completions, Answers? original)
    {
        var answers = new Answers();
        foreach (var question in questions)
        {
            var before = original?.GetValueOrDefault(question.Key);
            string name = Field(prefix, question.Key);
            var answer = question.Kind switch
            {
                QuestionKind.Ranking or QuestionKind.Pairwise => Ranking(form, name, completions),
                QuestionKind.Rating => Rating(form, name, completions),
                QuestionKind.Labels => Labels(form, name, question, completions),
                QuestionKind.Text => form.Text($"{name}.text") is { } text
                    ? new Answer { Rationale = text, Pasted = before?.Pasted } : null,
                QuestionKind.Rewrite => form.Text($"{name}.text") is { } text
                    ? new Answer { Rewrite = text, RewriteOf = before?.RewriteOf, Pasted = before?.Pasted } : null,
                _ => before,
            };
            if (answer is not null)
                answers[question.Key] = answer;
        }
        // A flag is no question of the project.
        if (original?.GetValueOrDefault(Question.Flag) is { } flag)
            answers.TryAdd(Question.Flag, flag);
        return answers;
    }

    private static Answer? Ranking(FormValues form, string name, int completions)
    {
        var places = Enumerable.Range(0, completions)
            .Select(i => (Index: i, Place: form.Whole($"{name}.place.{i}", "a place", 1, completions)))
            .Where(p => p.Place is not null).GroupBy(p => p.Place!.Value).OrderBy(group => group.Key)
            .Select(group => (IReadOnlyList<int>)[.. group.Select(p => p.Index)]).ToList();
        double? strength = form.Number($"{name}.strength", "the strength");
        bool none = form.IsChecked($"{name}.none");
        return places.Count == 0 && !none && strength is null ? null : new Answer
        {
            Ranking = places.Count == 0 ? null : places,
            Strength = strength,
            NoneAcceptable = none ? true : null,
        };
    }

    private static Answer? Rating(FormValues form, string name, int completions)
    {
        double?[] ratings = [.. Enumerable.Range(0, completions).Select(i => form.Number($"{name}.rating.{i}", "a rating"))];
        if (ratings.Any(rating => rating is > MaxNumber or < -MaxNumber))
            throw new UserError($"a rating must be between {-MaxNumber} and {MaxNumber}");
        return ratings.All(rating => rating is null) ? null : new Answer { Ratings = ratings };
    }

    private static Answer? Labels(FormValues form, string name, Question question, int completions)
    {
        if (!question.PerCompletion)
            return form.All($"{name}.labels.0") is { Count: > 0 } flags ? new Answer { Flags = flags } : null;
        IReadOnlyList<string>[] each = [.. Enumerable.Range(0, completions).Select(i => form.All($"{name}.labels.{i}"))];
        return each.All(labels => labels.Count == 0) ? null : new Answer { CompletionFlags = each };
    }
}

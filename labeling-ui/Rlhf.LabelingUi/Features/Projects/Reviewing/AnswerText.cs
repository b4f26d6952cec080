using System.Globalization;
using Rlhf.Storage.Entities;

namespace Rlhf.LabelingUi.Features.Projects.Reviewing;

/// <summary>Answers as a line of text: completions by letters, in the order of the task.</summary>
internal static class AnswerText
{
    /// <summary>A for the first completion of the task.</summary>
    public static string Letter(int index) => index is >= 0 and < 26 ? ((char)('A' + index)).ToString() : $"#{index + 1}";

    /// <summary>"B > A = C", "2" for a strength, ratings as "A 3, B 5"; empty where nothing was answered.</summary>
    public static string Write(Answer answer, Question question) => question.Kind switch
    {
        QuestionKind.Ranking or QuestionKind.Pairwise => string.Join(", ", Ranking(answer)),
        QuestionKind.Rating => string.Join(", ", (answer.Ratings ?? []).Select((rating, i) => (rating, i)).Where(r => r.rating is not null)
            .Select(r => $"{Letter(r.i)} {Number(r.rating!.Value)}")),
        QuestionKind.Labels => question.PerCompletion
            ? string.Join("; ", (answer.CompletionFlags ?? []).Select((labels, i) => (labels, i)).Where(l => l.labels.Count > 0)
                .Select(l => $"{Letter(l.i)} {Labels(l.labels, question)}"))
            : Labels(answer.Flags ?? [], question),
        QuestionKind.Text => answer.Rationale ?? "",
        QuestionKind.Rewrite => answer.Rewrite ?? "",
        _ => string.Join("; ", (answer.Marks ?? []).Select(mark =>
            $"{Letter(mark.Completion)} {mark.Start}–{mark.Start + mark.Length} {(mark.Liked ? "+" : "−")} {mark.Reason}".TrimEnd())),
    };

    /// <summary>All answers in one line, to compare them.</summary>
    public static string Write(Answers answers, IReadOnlyList<Question> questions) => string.Join(" | ",
        questions.Where(q => q.Kind is not (QuestionKind.Text or QuestionKind.Rewrite or QuestionKind.Marks))
            .Select(question => Write(answers.GetValueOrDefault(question.Key) ?? new Answer(), question)));

    private static IEnumerable<string> Ranking(Answer answer)
    {
        if (answer.Ranking is { Count: > 0 } groups)
            yield return string.Join(" > ", groups.Select(group => string.Join(" = ", group.Order().Select(Letter))));
        if (answer.Strength is { } strength)
            yield return Number(strength);
        if (answer.NoneAcceptable == true)
            yield return "∅";
    }

    private static string Labels(IEnumerable<string> keys, Question question) =>
        string.Join(", ", keys.Select(key => question.Choices?.FirstOrDefault(c => c.Key == key)?.Text ?? key));

    private static string Number(double number) => number.ToString("0.###", CultureInfo.InvariantCulture);
}

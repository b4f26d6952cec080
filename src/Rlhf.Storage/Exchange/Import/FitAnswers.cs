using Rlhf.Core;
using Rlhf.Storage.Entities;
using Rlhf.Storage.Exchange.Formats;
using Rlhf.Storage.Labeling;

namespace Rlhf.Storage.Exchange.Import;

/// <summary>
/// Gives the answers of a file to the questions of a project: the order to the one that asks for it, others to the question of their name.
/// Where the project asks for one text, under another name, the first text of the file goes there.
/// </summary>
internal static class FitAnswers
{
    /// <summary>The answers as the project asks for them; what it does not ask is left out, and told.</summary>
    public static Answers Fit(Answers given, ImportedTask task, ImportTarget target, IReadOnlyList<string> texts, ImportTally tally)
    {
        var answers = new Answers();
        bool IsAsked(string key) => target.Questions.Any(q => q.Key == key);
        foreach (string key in given.Keys.OrderBy(key => IsAsked(key) ? -1 : Place(task, key)))
        {
            var answer = given[key];
            if (key == Question.Ranking && target.Order is { } order)
                answers[order.Key] = Strength(answer, order, tally);
            else if (key != Question.Ranking && Find(key, answer, target) is var (question, converted) && question is not null
                && !answers.ContainsKey(question.Key) && (question.Key == key || IsValid(converted, question, texts)))
                answers[question.Key] = converted;
            else
                tally.Note($"the project does not ask '{key}': these answers were left out");
        }
        return answers;
    }

    /// <summary>The question that takes an answer, and the answer in its form.</summary>
    private static (Question? Question, Answer Answer) Find(string key, Answer answer, ImportTarget target)
    {
        if (target.Questions.FirstOrDefault(q => q.Key == key) is { } named)
            return (Convert(answer, named) is { } fitting ? named : null, Convert(answer, named) ?? answer);
        Question[] texts = [.. target.Questions.Where(q => q.Kind == QuestionKind.Text)];
        return KindOf(answer) == QuestionKind.Text && texts is [var only] ? (only, answer) : (null, answer);
    }

    /// <summary>Files do not tell a text from the name of a label; the project does.</summary>
    private static Answer? Convert(Answer answer, Question question) => question switch
    {
        { Kind: QuestionKind.Labels, PerCompletion: false } when answer.Rationale is { } text
            && question.Choices!.Any(c => c.Key == text) => new Answer { Flags = [text] },
        { Kind: QuestionKind.Text } when answer.Flags is [var label] => new Answer { Rationale = label },
        _ => KindOf(answer) == question.Kind ? answer : null,
    };

    private static QuestionKind? KindOf(Answer answer) => answer switch
    {
        { Ratings: not null } => QuestionKind.Rating,
        { Rationale: not null } => QuestionKind.Text,
        { Flags: not null } or { CompletionFlags: not null } => QuestionKind.Labels,
        _ => null,
    };

    private static bool IsValid(Answer answer, Question question, IReadOnlyList<string> texts)
    {
        try
        {
            AnswerRules.Check(new Answers { [question.Key] = answer }, [question], texts);
            return true;
        }
        catch (UserError)
        {
            return false;
        }
    }

    private static int Place(ImportedTask task, string key) =>
        task.Questions.Select((q, index) => (q.Key, index)).Where(q => q.Key == key).Select(q => (int?)q.index).FirstOrDefault() ?? -1;

    private static Answer Strength(Answer answer, Question order, ImportTally tally)
    {
        if (answer.Strength is null || order.MaxStrength > 0)
            return answer;
        if (answer.Strength > 0)
            tally.Note($"'{order.Key}' asks for no strength: how strong the preferences are was left out");
        return answer with { Strength = null };
    }
}

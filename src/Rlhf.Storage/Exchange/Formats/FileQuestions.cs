using Rlhf.Storage.Entities;

namespace Rlhf.Storage.Exchange.Formats;

/// <summary>
/// Answers of files that say their question by its name only: what they answer is told from the answers, and grows with each of them.
/// </summary>
internal sealed class FileQuestions
{
    private readonly Dictionary<string, Question> _questions = new(StringComparer.Ordinal);

    /// <summary>Texts first: they say why.</summary>
    public IReadOnlyList<Question> All => [.. _questions.Values.OrderBy(q => q.Kind != QuestionKind.Text)];

    /// <summary>A text of somebody.</summary>
    public void AddText(Answers answers, string key, string text)
    {
        if (Fits(key, QuestionKind.Text) && text.Length > 0)
            Add(answers, new Question(key, QuestionKind.Text, key), new Answer { Rationale = text });
    }

    /// <summary>Labels of the task as a whole; a number that is no completion's is one too.</summary>
    public void AddLabels(Answers answers, string key, IReadOnlyList<string> labels)
    {
        if (!Fits(key, QuestionKind.Labels) || labels.Count == 0)
            return;
        string[] given = [.. (answers.GetValueOrDefault(key)?.Flags ?? []).Concat(labels).Distinct(StringComparer.Ordinal)];
        Add(answers, Labels(key, given, perCompletion: false), new Answer { Flags = given });
    }

    /// <summary>Labels of one completion.</summary>
    public void AddLabels(Answers answers, string key, int completion, int completions, IReadOnlyList<string> labels)
    {
        if (!Fits(key, QuestionKind.Labels) || labels.Count == 0)
            return;
        var each = answers.GetValueOrDefault(key)?.CompletionFlags?.ToList()
            ?? [.. Enumerable.Repeat<IReadOnlyList<string>>([], completions)];
        each[completion] = [.. labels.Distinct(StringComparer.Ordinal)];
        Add(answers, Labels(key, labels, perCompletion: true), new Answer { CompletionFlags = each });
    }

    /// <summary>A number for one completion.</summary>
    public void AddRating(Answers answers, string key, int completion, int completions, double rating)
    {
        if (!Fits(key, QuestionKind.Rating))
            return;
        var ratings = answers.GetValueOrDefault(key)?.Ratings?.ToArray() ?? new double?[completions];
        ratings[completion] = rating;
        Add(answers, new Question(key, QuestionKind.Rating, key), new Answer { Ratings = ratings });
    }

    /// <summary>One question that takes the answers to both.</summary>
    public static Question Join(Question one, Question other) => one.Kind != other.Kind || one.Kind != QuestionKind.Labels ? one : one with
    {
        Choices = [.. (one.Choices ?? []).Concat(other.Choices ?? []).DistinctBy(c => c.Key)],
        Multiple = one.Multiple || other.Multiple,
    };

    private void Add(Answers answers, Question question, Answer answer)
    {
        answers[question.Key] = answer;
        _questions[question.Key] = _questions.TryGetValue(question.Key, out var known) ? Join(known, question) : question;
    }

    /// <summary>The order of the completions has a key of its own, and a key is of one kind in a task.</summary>
    private bool Fits(string key, QuestionKind kind) => key.Length > 0 && key != Question.Ranking
        && (!_questions.TryGetValue(key, out var known) || known.Kind == kind);

    private static Question Labels(string key, IReadOnlyList<string> labels, bool perCompletion) => new(key, QuestionKind.Labels, key)
    {
        Choices = [.. labels.Distinct(StringComparer.Ordinal).Select(label => new Choice(label, label))],
        Multiple = labels.Count > 1,
        PerCompletion = perCompletion,
    };
}

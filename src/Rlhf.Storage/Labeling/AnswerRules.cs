using Rlhf.Core;
using Rlhf.Storage.Entities;
using Rlhf.Storage.Json;

namespace Rlhf.Storage.Labeling;

/// <summary>Which answers a task accepts.</summary>
internal static class AnswerRules
{
    private const int MaxText = 1_000_000;
    private const int MaxJson = 4_000_000;

    /// <param name="answers">What was submitted.</param>
    /// <param name="questions">The questions of the version that was shown.</param>
    /// <param name="texts">The texts of the task's completions.</param>
    /// <param name="name">What messages call a completion; null calls it by its index.</param>
    /// <exception cref="UserError">The answers do not fit the questions or the task.</exception>
    public static void Check(
        Answers answers, IReadOnlyList<Question> questions, IReadOnlyList<string> texts, Func<int, string>? name = null)
    {
        foreach (var (key, answer) in answers)
        {
            if (questions.Any(q => q.Key == key))
                continue;
            if (key != Question.Flag)
                throw new UserError($"answers: the project asks no '{key}'; it asks {string.Join(", ", questions.Select(q => q.Key))}")
                {
                    Field = $"answers.{key}",
                };
            CheckFlag(answer);
        }
        var completions = new CompletionNames(texts, name ?? (index => $"completion {index}"));
        foreach (var question in questions)
        {
            try
            {
                CheckAnswer(answers.GetValueOrDefault(question.Key), question, completions);
            }
            catch (UserError refusal) when (refusal.Field is null)
            {
                throw new UserError(refusal.Message, refusal) { Field = $"answers.{question.Key}" };
            }
        }
    }

    /// <summary>The texts of a task's completions, and what messages call each.</summary>
    private sealed record CompletionNames(IReadOnlyList<string> Texts, Func<int, string> NameOf)
    {
        public int Count => Texts.Count;

        /// <summary>Identical completions are shown as one, so that they can only be ranked as equal.</summary>
        public bool AreIdentical(IReadOnlyList<int> indices) =>
            indices.All(i => Texts[i].AsSpan().Trim().SequenceEqual(Texts[indices[0]].AsSpan().Trim()));
    }

    /// <summary>Drafts are kept unchecked, but are limited in size.</summary>
    /// <exception cref="UserError">Too large, or a number that cannot be stored.</exception>
    public static void CheckSize(Answers answers)
    {
        var numbers = answers.Values.SelectMany(a => (a.Ratings ?? []).Append(a.Strength)).OfType<double>();
        if (numbers.Any(n => !double.IsFinite(n)))
            throw new UserError("answers: every number must be finite");
        if (ContentJson.Write(answers).Length is var size && size > MaxJson)
            throw new UserError($"answers: {size} characters in all; at most {MaxJson} can be kept");
    }

    private static void CheckAnswer(Answer? answer, Question question, CompletionNames completions)
    {
        string place = $"answers: '{question.Key}'";
        if (answer is not null && ForeignPart(answer, question.Kind) is { } foreign)
            throw new UserError($"{place}: a {question.Kind.ToString().ToLowerInvariant()} question takes no {foreign}");
        answer ??= new Answer();
        switch (question.Kind)
        {
            case QuestionKind.Ranking or QuestionKind.Pairwise:
                CheckRanking(answer, question, place, completions);
                break;
            case QuestionKind.Rating:
                CheckRatings(answer, question, place, completions);
                break;
            case QuestionKind.Labels:
                CheckLabels(answer, question, place, completions);
                break;
            case QuestionKind.Text:
                CheckText(answer.Rationale, question, place);
                break;
            case QuestionKind.Rewrite:
                CheckText(answer.Rewrite, question, place);
                if (answer.RewriteOf is { } of)
                    CheckIndex(of, place, completions.Count);
                break;
            default:
                CheckMarks(answer, question, place, completions);
                break;
        }
    }

    private static void CheckRanking(Answer answer, Question question, string place, CompletionNames completions)
    {
        int count = completions.Count;
        if (question.Kind == QuestionKind.Pairwise && count != 2)
            throw new UserError($"{place}: a pairwise question needs a task of two completions; this one has {count}");
        if (answer.NoneAcceptable == true && question.NoneAcceptable == false)
            throw new UserError($"{place}: 'none acceptable' is not an answer in this project");
        var seen = new HashSet<int>();
        foreach (var group in answer.Ranking ?? [])
        {
            if (group.Count == 0)
                throw new UserError($"{place}: an empty group in the ranking");
            foreach (int index in group)
            {
                CheckIndex(index, place, count);
                if (!seen.Add(index))
                    throw new UserError($"{place}: {completions.NameOf(index)} is ranked twice");
            }
            if (!question.Ties && !completions.AreIdentical(group))
                throw new UserError($"{place}: ties are not allowed in this project");
        }
        bool ranked = seen.Count > 0;
        if (!ranked && answer.NoneAcceptable != true && (question.MustBeAnswered || answer.Strength is not null))
            throw new UserError(
                $"{place} has no ranking; an unchanged order is not an answer (give one group of all for a tie, or skip the task)");
        if (ranked && seen.Count < count && (question.RankAll || question.Kind == QuestionKind.Pairwise))
            throw new UserError($"{place}: {seen.Count} of {count} completions are ranked; rank all of them");
        if (answer.Strength is { } strength && !(strength >= 0 && strength <= question.MaxStrength))
            throw new UserError($"{place}: strength {strength} is not in 0 … {question.MaxStrength}");
        if (question.Kind == QuestionKind.Pairwise && ranked && question.MaxStrength > 0)
            CheckPairStrength(answer, question, place);
    }

    private static void CheckPairStrength(Answer answer, Question question, string place)
    {
        bool tie = answer.Ranking!.Count == 1;
        if (tie && answer.Strength is > 0)
            throw new UserError($"{place}: a tie has no strength; got {answer.Strength}");
        bool asked = answer.Strength is not null || question.StrengthRequired != false;
        if (!tie && asked && !(answer.Strength is { } strength && strength >= 1 && strength == Math.Floor(strength)))
            throw new UserError($"{place}: how much better must be a whole number in 1 … {question.MaxStrength}; "
                + $"got {answer.Strength?.ToString() ?? "nothing"}");
    }

    private static void CheckRatings(Answer answer, Question question, string place, CompletionNames completions)
    {
        int count = completions.Count;
        if (answer.Ratings is { } ratings
            && (ratings.Count != count || ratings.Any(r => r is { } rating && !double.IsFinite(rating))))
            throw new UserError($"{place}: ratings must be {count} numbers, one for each completion (null where none is given)");
        for (int i = 0; i < count; i++)
        {
            if (answer.Ratings?[i] is not { } rating)
            {
                if (question.MustBeAnswered)
                    throw new UserError($"{place}: {completions.NameOf(i)} has no rating");
            }
            else if (question.Scale is { } scale && !Fits(rating, scale))
            {
                throw new UserError($"{place}: rating {rating} of {completions.NameOf(i)} is not on the scale "
                    + $"{scale.Min} … {scale.Max} in steps of {scale.Step}");
            }
        }
    }

    private static bool Fits(double rating, RatingScale scale) =>
        rating >= scale.Min && rating <= scale.Max && (rating - scale.Min) / scale.Step is var steps
            && Math.Abs(steps - Math.Round(steps)) < 1e-9;

    private static void CheckLabels(Answer answer, Question question, string place, CompletionNames completions)
    {
        int count = completions.Count;
        if (question.PerCompletion ? answer.Flags is not null : answer.CompletionFlags is not null)
        {
            throw new UserError($"{place}: labels are given "
                + (question.PerCompletion ? "for each completion (completionFlags)" : "for the task as a whole (flags)"));
        }
        if (answer.CompletionFlags is { } each && each.Count != count)
            throw new UserError($"{place}: labels must be {count} lists, one for each completion; got {each.Count}");
        IReadOnlyList<IReadOnlyList<string>> lists = question.PerCompletion
            ? answer.CompletionFlags ?? [.. Enumerable.Repeat<string[]>([], count)]
            : [answer.Flags ?? []];
        foreach (var (labels, index) in lists.Select((labels, index) => (labels, index)))
        {
            string whose = question.PerCompletion ? completions.NameOf(index) : "the task";
            if (labels.FirstOrDefault(l => question.Choices!.All(c => c.Key != l)) is { } unknown)
                throw new UserError(
                    $"{place}: there is no label '{unknown}'; there are {string.Join(", ", question.Choices!.Select(c => c.Key))}");
            if (labels.Distinct(StringComparer.Ordinal).Count() != labels.Count)
                throw new UserError($"{place}: a label is given twice to {whose}");
            if (labels.Count > 1 && !question.Multiple)
                throw new UserError($"{place}: {labels.Count} labels for {whose}; choose one");
            if (labels.Count == 0 && question.MustBeAnswered)
                throw new UserError($"{place}: {whose} has no label");
        }
    }

    private static void CheckText(string? text, Question question, string place)
    {
        int length = (text ?? "").Trim().Length, most = question.MaxLength ?? MaxText;
        if (length == 0 && question.MustBeAnswered)
            throw new UserError($"{place}: the text is empty; this question must be answered");
        if (length > 0 && length < question.MinLength)
            throw new UserError($"{place}: the text has {length} characters; at least {question.MinLength} are asked for");
        if (text?.Length > most)
            throw new UserError($"{place}: the text has {text.Length} characters; it has at most {most} characters");
    }

    private static void CheckMarks(Answer answer, Question question, string place, CompletionNames completions)
    {
        if (question.MustBeAnswered && answer.Marks is not { Count: > 0 })
            throw new UserError($"{place}: nothing is marked; this question must be answered");
        foreach (var mark in answer.Marks ?? [])
        {
            CheckIndex(mark.Completion, place, completions.Count);
            int length = completions.Texts[mark.Completion].Length;
            if (mark.Start < 0 || mark.Length < 1 || mark.Start > length - mark.Length)
                throw new UserError($"{place}: characters {mark.Start} … {(long)mark.Start + mark.Length - 1} are not "
                    + $"in {completions.NameOf(mark.Completion)}, which has {length}");
            if (string.IsNullOrWhiteSpace(mark.Reason) ? question.ReasonRequired : mark.Reason.Length > MaxText)
                throw new UserError(
                    $"{place}: a mark in {completions.NameOf(mark.Completion)} needs a reason of at most {MaxText} characters");
            if (mark.Reason is { Length: > 0 } reason && question.Choices is { } choices && choices.All(c => c.Key != reason))
                throw new UserError($"{place}: there is no reason '{reason}'; there are {string.Join(", ", choices.Select(c => c.Key))}");
        }
    }

    private static void CheckFlag(Answer flag)
    {
        const int maxReasons = 10, maxReason = 2000;
        if (ForeignPart(flag, QuestionKind.Labels) is not null || flag.Flags is not { Count: > 0 and <= maxReasons } reasons
            || flag.CompletionFlags is not null || reasons.Any(r => string.IsNullOrWhiteSpace(r) || r.Length > maxReason))
            throw new UserError($"flags: a flagged task has 1 … {maxReasons} reasons of at most {maxReason} characters")
            {
                Field = "flags",
            };
    }

    private static void CheckIndex(int index, string place, int completions)
    {
        if (index < 0 || index >= completions)
            throw new UserError($"{place}: there is no completion {index}; they are 0 … {completions - 1}");
    }

    /// <summary>The name of a part that belongs to another kind of question, or null.</summary>
    private static string? ForeignPart(Answer answer, QuestionKind kind)
    {
        bool order = kind is QuestionKind.Ranking or QuestionKind.Pairwise;
        return answer switch
        {
            { Ranking: not null } when !order => "ranking",
            { Strength: not null } when !order => "strength",
            { NoneAcceptable: not null } when !order => "'none acceptable'",
            { Ratings: not null } when kind != QuestionKind.Rating => "ratings",
            { Flags: not null } or { CompletionFlags: not null } when kind != QuestionKind.Labels => "labels",
            { Rewrite: not null } or { RewriteOf: not null } when kind != QuestionKind.Rewrite => "rewrite",
            { Rationale: not null } when kind != QuestionKind.Text => "text",
            { Marks: not null } when kind != QuestionKind.Marks => "marks",
            { Pasted: not null } when kind is not (QuestionKind.Text or QuestionKind.Rewrite) => "word on pasting",
            _ => null,
        };
    }
}

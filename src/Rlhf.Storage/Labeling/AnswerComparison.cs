using Rlhf.Storage.Entities;

namespace Rlhf.Storage.Labeling;

/// <summary>
/// Whether answers are the expected ones: those of a gold task, or the same person's from before. Texts and marks are not compared.
/// </summary>
internal static class AnswerComparison
{
    public static bool Agree(Answers given, Answers expected, IReadOnlyList<Question> questions) => questions.All(question =>
        !expected.TryGetValue(question.Key, out var wanted)
            || Agree(given.GetValueOrDefault(question.Key) ?? new Answer(), wanted, question));

    private static bool Agree(Answer given, Answer expected, Question question) => question.Kind switch
    {
        QuestionKind.Ranking or QuestionKind.Pairwise => (given.NoneAcceptable == true) == (expected.NoneAcceptable == true)
            && SameOrder(given, expected),
        QuestionKind.Rating => SameRatings(given.Ratings, expected.Ratings, question.Scale?.Step ?? 0),
        QuestionKind.Labels => SameLabels(given, expected),
        _ => true,
    };

    /// <summary>Every two completions that the expected answer ranks are in the same order, or tied in both.</summary>
    private static bool SameOrder(Answer given, Answer expected)
    {
        var (have, want) = (Places(given), Places(expected));
        return want.All(a => have.ContainsKey(a.Key)) && want.All(a => want.All(b =>
            Math.Sign(a.Value - b.Value) == Math.Sign(have[a.Key] - have[b.Key])));
    }

    private static Dictionary<int, int> Places(Answer answer) =>
        (answer.Ranking ?? []).SelectMany((group, place) => group.Select(index => (index, place))).ToDictionary(p => p.index, p => p.place);

    /// <summary>Neighbors on the scale count as the same.</summary>
    private static bool SameRatings(IReadOnlyList<double?>? given, IReadOnlyList<double?>? expected, double tolerance) =>
        (expected ?? []).Select((rating, i) => (rating, i)).All(e => e.rating is not { } wanted
            || (given is not null && e.i < given.Count && given[e.i] is { } number && Math.Abs(number - wanted) <= tolerance + 1e-9));

    private static bool SameLabels(Answer given, Answer expected)
    {
        if (expected.Flags is { } flags && !flags.ToHashSet(StringComparer.Ordinal).SetEquals(given.Flags ?? []))
            return false;
        return (expected.CompletionFlags ?? []).Select((labels, i) => (labels, i)).All(e =>
            e.labels.ToHashSet(StringComparer.Ordinal).SetEquals(given.CompletionFlags is { } each && e.i < each.Count ? each[e.i] : []));
    }
}

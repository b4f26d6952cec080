using Rlhf.Storage.Entities;
using Rlhf.Storage.Labeling;

namespace Rlhf.LabelingUi.Features.Labeling.Answering;

/// <summary>Stored answers in the names of the completions as they were shown: the reverse of <see cref="AnswerReader"/>.</summary>
internal static class AnswerWriter
{
    public static IReadOnlyDictionary<string, AnswerBody> Write(Answers answers, PresentedPlaces places) =>
        answers.ToDictionary(entry => entry.Key, entry => Write(entry.Value, places), StringComparer.Ordinal);

    private static AnswerBody Write(Answer answer, PresentedPlaces places)
    {
        return new AnswerBody
        {
            Ranking = answer.Ranking is { } ranking ? [.. Groups(ranking, places)] : null,
            Strength = answer.Strength,
            NoneAcceptable = answer.NoneAcceptable,
            Ratings = answer.Ratings is { } ratings ? Ratings(ratings, places) : null,
            Flags = answer.Flags is { } flags ? new FlagsBody { Task = flags }
                : answer.CompletionFlags is { } each ? new FlagsBody { Completions = Labels(each, places) } : null,
            Rewrite = answer.Rewrite,
            RewriteOf = answer.RewriteOf is { } of ? places.IdOfIndex(of) : null,
            Rationale = answer.Rationale,
            Pasted = answer.Pasted,
            Marks = answer.Marks is { } marks ? [.. marks.Where(mark => IsShown(mark.Completion, places)).Select(mark =>
                new MarkBody(places.IdOfIndex(mark.Completion), mark.Start, mark.Length, mark.Liked, mark.Reason))] : null,
        };
    }

    /// <summary>A name stands once, where the first of the identical completions is ranked.</summary>
    private static IEnumerable<IReadOnlyList<string>> Groups(IReadOnlyList<IReadOnlyList<int>> ranking, PresentedPlaces places)
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var group in ranking)
        {
            string[] names = [.. group.Select(places.IdOfIndex).Where(seen.Add).Order(StringComparer.Ordinal)];
            if (names.Length > 0)
                yield return names;
        }
    }

    private static Dictionary<string, double> Ratings(IReadOnlyList<double?> ratings, PresentedPlaces places)
    {
        var named = new Dictionary<string, double>(StringComparer.Ordinal);
        foreach (var (id, index) in Shown(places))
        {
            if (index < ratings.Count && ratings[index] is { } rating)
                named[id] = rating;
        }
        return named;
    }

    private static Dictionary<string, IReadOnlyList<string>> Labels(IReadOnlyList<IReadOnlyList<string>> labels, PresentedPlaces places) =>
        Shown(places).Where(shown => shown.Index < labels.Count && labels[shown.Index].Count > 0)
            .ToDictionary(shown => shown.Id, shown => labels[shown.Index], StringComparer.Ordinal);

    private static bool IsShown(int index, PresentedPlaces places) => Shown(places).Any(shown => shown.Index == index);

    private static IEnumerable<(string Id, int Index)> Shown(PresentedPlaces places) =>
        places.Completions.Select((identical, place) => (PresentedPlaces.IdOf(place), identical[0].Index));
}

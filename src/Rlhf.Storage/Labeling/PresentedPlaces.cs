using Rlhf.Storage.Json;

namespace Rlhf.Storage.Labeling;

/// <summary>
/// The places at which an annotator sees completions, named c1, c2 … in the order shown. Completions that are identical after trimming
/// share the place of the first of them, so that an answer about a place is an answer about all of them.
/// </summary>
public sealed class PresentedPlaces
{
    private readonly Dictionary<int, int> _placeOfIndex = [];

    private PresentedPlaces(IReadOnlyList<IReadOnlyList<PresentedCompletion>> places)
    {
        Completions = places;
        for (int place = 0; place < places.Count; place++)
        {
            foreach (var completion in places[place])
                _placeOfIndex[completion.Index] = place;
        }
    }

    /// <summary>The completions of each place; the first of them is the one that is shown.</summary>
    public IReadOnlyList<IReadOnlyList<PresentedCompletion>> Completions { get; }

    /// <summary>How many completions the task has, merged ones included.</summary>
    public int CompletionCount => _placeOfIndex.Count;

    /// <param name="order">The completions in the order shown.</param>
    public static PresentedPlaces Create(IEnumerable<PresentedCompletion> order) => new(
        [.. order.GroupBy(Key, StringComparer.Ordinal).Select(group => (IReadOnlyList<PresentedCompletion>)[.. group])]);

    /// <summary>What a place is called: "c1" for the first.</summary>
    public static string IdOf(int place) => $"c{place + 1}";

    /// <summary>The name of the place at which a completion of the task is shown.</summary>
    public string IdOfIndex(int index) => _placeOfIndex.TryGetValue(index, out int place) ? IdOf(place) : $"completion {index}";

    /// <summary>The place of a name; null where there is none of this name.</summary>
    public int? Place(string id) => id.Length is > 1 and < 6 && id[0] == 'c' && int.TryParse(id.AsSpan(1), out int number)
        && number >= 1 && number <= Completions.Count && id == IdOf(number - 1) ? number - 1 : null;

    /// <summary>Completions are identical where this is: their trimmed text, and a context of their own.</summary>
    private static string Key(PresentedCompletion completion) =>
        $"{ContentJson.AllText(completion.Content).Trim()}\0{(completion.Context is null ? "" : ContentJson.Write(completion.Context))}";
}

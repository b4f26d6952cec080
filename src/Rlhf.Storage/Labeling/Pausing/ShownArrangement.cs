using Rlhf.Storage.Entities;

namespace Rlhf.Storage.Labeling.Pausing;

/// <summary>
/// A ranking by the places at which the completions were shown, whatever they say: the group of each place, 0 the best; what is not
/// ranked comes last.
/// </summary>
/// <param name="Groups">The group of each place.</param>
/// <param name="Chance">
/// How probable these groups are at these places. The order shown is drawn at random, so somebody who reads gives each of the
/// K! / (g₁! g₂! …) arrangements of groups of these sizes with the same probability.
/// </param>
internal sealed record ShownArrangement(IReadOnlyList<int> Groups, double Chance)
{
    /// <summary>Whether no completion is ranked above one that was shown before it.</summary>
    public bool KeepsOrder => Groups.Zip(Groups.Skip(1)).All(pair => pair.First <= pair.Second);

    /// <summary>The same for the same groups at the same places.</summary>
    public string Pattern => string.Join(' ', Groups);

    /// <summary>The same for groups of the same sizes, best first: among these, chance decides.</summary>
    public string Sizes => string.Join(' ', Groups.GroupBy(group => group).OrderBy(group => group.Key).Select(group => group.Count()));

    /// <summary>Null where nothing was ranked, or all is equal: the order shown changes nothing then.</summary>
    public static ShownArrangement? Create(Answer answer, PresentedPlaces places)
    {
        if (answer.Ranking is not { Count: > 0 } ranking)
            return null;
        var groupOf = new Dictionary<int, int>();
        for (int group = 0; group < ranking.Count; group++)
        {
            foreach (int completion in ranking[group])
                groupOf[completion] = group;
        }
        int[] raw = [.. places.Completions.Select(place => groupOf.GetValueOrDefault(place[0].Index, int.MaxValue))];
        int[] known = [.. raw.Distinct().Order()];
        if (known.Length < 2)
            return null;
        double chance = 1 / Factorial(raw.Length);
        foreach (var group in raw.GroupBy(group => group))
            chance *= Factorial(group.Count());
        return new ShownArrangement([.. raw.Select(group => Array.IndexOf(known, group))], chance);
    }

    private static double Factorial(int n) => n < 2 ? 1 : n * Factorial(n - 1);
}

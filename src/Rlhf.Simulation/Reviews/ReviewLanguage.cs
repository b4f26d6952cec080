namespace Rlhf.Simulation.Reviews;

/// <summary>
/// How a judge knows the language of the reviews: which word may follow which, counted over documents of the grammar.
/// Names of places and aspects are replaced by their class (a name, a food in the plural), so that a new name is not a
/// strange word, while "the guides was" is.
/// </summary>
internal static class ReviewLanguage
{
    private const ulong Seed = 20_240_601;
    private const int DocumentsRead = 25_000;

    private static readonly Lazy<HashSet<(string, string)>> Known = new(Read);

    /// <summary>The word pairs of the text that the language does not have, over all its pairs.</summary>
    public static double UnknownShare(string text)
    {
        int unknown = 0, total = 0;
        foreach (var pair in Pairs(text))
        {
            total++;
            if (!Known.Value.Contains(pair))
                unknown++;
        }
        return total == 0 ? 1 : (double)unknown / total;
    }

    private static HashSet<(string, string)> Read() =>
    [
        .. Enumerable.Range(0, DocumentsRead).Chunk(1_000).AsParallel().SelectMany(some => some
            .SelectMany(index => Pairs(ReviewGrammar.Document(Seed, index).Completion)).ToHashSet()),
    ];

    private static IEnumerable<(string, string)> Pairs(string text)
    {
        foreach (string[] sentence in Words.Sentences(text))
        {
            string before = "<start>";
            foreach (string token in Abstract(sentence))
            {
                yield return (before, token);
                before = token;
            }
            // Where the text breaks off the last word has nothing after it; that is judged as structure, not as language.
        }
    }

    private static IEnumerable<string> Abstract(string[] sentence)
    {
        for (int i = 0; i < sentence.Length; i++)
        {
            if (i + 1 < sentence.Length && IsName(sentence[i], sentence[i + 1]))
            {
                yield return "<name>";
                i++;
            }
            else if (Places.Aspects.TryGetValue(sentence[i], out var aspect))
            {
                yield return aspect.Plural ? $"<{aspect.Class}, plural>" : $"<{aspect.Class}>";
            }
            else
            {
                yield return i == 0 ? sentence[i].ToLowerInvariant() : sentence[i];
            }
        }
    }

    /// <summary>Whether two words are the name of some place.</summary>
    public static bool IsName(string first, string second) => Adjectives.Contains(first) && Nouns.Contains(second);

    private static readonly HashSet<string> Adjectives = [.. Places.NameAdjectives];
    private static readonly HashSet<string> Nouns = [.. Places.NameNouns];
}

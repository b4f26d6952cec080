namespace Rlhf.Simulation.Reviews;

/// <summary>Understands the sentences of a review by the grammar's own wording.</summary>
internal static class SentenceReader
{
    /// <summary>A run of words with a meaning: a reason, or the fixed part of a verdict, an opening or an aside.</summary>
    private sealed record Phrase(string[] Words, SentenceRole Role, double Valence, AspectClass? Class);

    private static readonly ILookup<string, Phrase> ByFirstWord = Phrases().ToLookup(phrase => phrase.Words[0]);

    public static SentenceReading Read(string[] sentence)
    {
        bool ended = Words.IsEnd(sentence[^1]);
        string[] words = [.. sentence.Where(Words.IsWord)];
        string[] lower = [.. words.Select(word => word.ToLowerInvariant())];
        var names = new List<string>();
        var found = new List<Phrase>();
        // First what spans words (names, phrases), so that their words are not taken for anything else.
        var free = new List<string>();
        for (int i = 0; i < words.Length; i++)
        {
            if (i + 1 < words.Length && ReviewLanguage.IsName(words[i], words[i + 1]))
            {
                names.Add($"{words[i]} {words[i + 1]}");
                i++;
            }
            else if (LongestAt(lower, i) is { } phrase)
            {
                found.Add(phrase);
                i += phrase.Words.Length - 1;
            }
            else
            {
                free.Add(lower[i]);
            }
        }
        var judged = Judge(free, [.. found.Where(phrase => phrase.Class is not null)]);
        var verdict = found.FirstOrDefault(phrase => phrase.Role == SentenceRole.Verdict);
        return new(Role(judged, found, names), names, judged, verdict?.Valence ?? 0, ended);
    }

    private static SentenceRole Role(List<AspectJudgment> judged, List<Phrase> found, List<string> names)
    {
        if (judged.Count > 0)
            return SentenceRole.Body;
        var role = found.Where(phrase => phrase.Class is null).Select(phrase => (SentenceRole?)phrase.Role).FirstOrDefault();
        return role ?? (names.Count > 0 ? SentenceRole.Opening : SentenceRole.Other);
    }

    private static List<AspectJudgment> Judge(List<string> free, List<Phrase> reasons)
    {
        var aspects = free.Select((word, at) => (At: at, Aspect: Places.Aspects.GetValueOrDefault(word)))
            .Where(found => found.Aspect is not null).ToList();
        var judged = new List<AspectJudgment>();
        for (int k = 0; k < aspects.Count; k++)
        {
            // In "the soup was fresh, but the waiters were rude" each aspect owns the words from its own clause on.
            int from = k == 0 ? 0 : aspects[k].At, to = k + 1 < aspects.Count ? aspects[k + 1].At : free.Count;
            judged.Add(Judge(aspects[k].Aspect!, free[from..to], k == aspects.Count - 1 ? reasons : []));
        }
        return judged;
    }

    private static AspectJudgment Judge(Aspect aspect, List<string> words, List<Phrase> reasons)
    {
        var values = new List<double>();
        int unfit = 0, adjectives = 0;
        for (int i = 0; i < words.Count; i++)
        {
            if (!Wording.Valence.TryGetValue(words[i], out double valence))
                continue;
            bool verb = Wording.WarmVerbs.Contains(words[i]) || Wording.SourVerbs.Contains(words[i]);
            if (!verb && !Wording.Suits(words[i], aspect.Class))
            {
                unfit++;
                continue;
            }
            bool negated = i >= 2 && words[i - 2] == "anything" && words[i - 1] == "but";
            values.Add(negated ? -valence : valence);
            adjectives += verb ? 0 : 1;
        }
        int fitting = 0;
        foreach (var reason in reasons)
        {
            if (reason.Class == aspect.Class)
            {
                values.Add(reason.Valence);
                fitting++;
            }
            else
            {
                unfit++;
            }
        }
        double detail = fitting > 0 ? 1 : adjectives >= 2 ? 0.5 : 0;
        return new(aspect, values, detail, unfit);
    }

    private static Phrase? LongestAt(string[] words, int at)
    {
        Phrase? longest = null;
        foreach (var phrase in ByFirstWord[words[at]])
        {
            if (phrase.Words.Length > (longest?.Words.Length ?? 0) && words.AsSpan(at).StartsWith(phrase.Words))
                longest = phrase;
        }
        return longest;
    }

    private static IEnumerable<Phrase> Phrases()
    {
        foreach (var kind in Enum.GetValues<AspectClass>())
        {
            foreach (int mood in new[] { 1, -1 })
            {
                foreach (string reason in Wording.ReasonsOf(kind, mood, true).Union(Wording.ReasonsOf(kind, mood, false)))
                    yield return new(Split(reason), SentenceRole.Body, mood, kind);
            }
        }
        foreach (var (text, valence) in Reviews.Phrases.Verdicts)
            yield return new(Fixed(text), SentenceRole.Verdict, valence, null);
        foreach (string text in Reviews.Phrases.Openings)
            yield return new(Fixed(text), SentenceRole.Opening, 0, null);
        foreach (string text in Reviews.Phrases.OffTopic)
            yield return new(Fixed(text), SentenceRole.Other, 0, null);
        foreach (string text in Reviews.Phrases.Vague)
            yield return new(Fixed(text), SentenceRole.Vague, 0, null);
    }

    /// <summary>The longest part of a template between its slots.</summary>
    private static string[] Fixed(string template) =>
        Slots.FixedParts(template).Select(Split).MaxBy(words => words.Length)!;

    private static string[] Split(string text) =>
        [.. Words.Sentences(text).SelectMany(sentence => sentence).Where(Words.IsWord).Select(word => word.ToLowerInvariant())];
}

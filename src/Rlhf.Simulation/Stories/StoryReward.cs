namespace Rlhf.Simulation.Stories;

/// <summary>
/// Judges the continuation of a simple children's story: does it stay with whom and what the opening names, does something
/// happen, does it end well, is it whole, varied English? For policies that speak such English (stories260k, TinyStories).
/// </summary>
public sealed class StoryReward : IGoldReward
{
    public string Name => "stories";

    public string Description =>
        "a story that stays with its opening's people and things, has a turn and a happy end, and does not repeat itself";

    public double Score(string prompt, string completion) => Judge(prompt, completion).Score;

    /// <summary>The parts of the score.</summary>
    public static StoryJudgment Judge(string prompt, string completion)
    {
        var sentences = Words.Sentences(completion);
        string[] words = Lower(sentences);
        return new(
            Relevance(prompt, sentences, words),
            Ending(sentences),
            Turn(sentences),
            Gender(prompt, words),
            Structure(sentences, words.Length),
            Words.RepeatedTrigrams(words),
            words.Length == 0 ? 0 : (double)words.Distinct().Count() / Math.Sqrt(words.Length),
            Oddness(words));
    }

    /// <summary>Half for the names of the prompt, half for its things; a prompt without names is judged by its things alone.</summary>
    private static double Relevance(string prompt, IReadOnlyList<string[]> sentences, string[] words)
    {
        var asked = Words.Sentences(prompt);
        var names = Names(asked);
        var told = Names(sentences);
        string[] things = [.. Lower(asked).Where(word => word.Length > 3 && !StoryWords.Function.Contains(word) && !names.Contains(word))
            .Distinct()];
        // A few of the things are enough: a good story does not echo its opening.
        double carried = things.Length == 0
            ? 1 : Math.Min(1, things.Count(thing => words.Any(word => Same(word, thing))) / Math.Min(3.0, things.Length));
        if (names.Count == 0)
            return carried;
        double named = names.Count(told.Contains) / (double)names.Count;
        int strangers = Math.Max(0, told.Count(name => !names.Contains(name)) - 1);
        return Math.Max(0, 0.6 * named + 0.4 * carried - 0.2 * strangers);
    }

    /// <summary>In [−1, 1]: the mood of the last third of the sentences.</summary>
    private static double Ending(IReadOnlyList<string[]> sentences)
    {
        var last = sentences.Skip(sentences.Count - (sentences.Count + 2) / 3).ToList();
        // A word counts once: "happy, happy, happy" is no happier than "happy".
        var words = Lower(last).ToHashSet();
        return Math.Tanh(0.6 * (words.Count(StoryWords.Happy.Contains) - words.Count(StoryWords.Sad.Contains)));
    }

    /// <summary>In [0, 1]: something is at stake before the end, and the story turns.</summary>
    private static double Turn(IReadOnlyList<string[]> sentences)
    {
        string[] before = Lower([.. sentences.Take(sentences.Count - (sentences.Count + 2) / 3)]);
        int trouble = before.Where(StoryWords.Sad.Contains).Distinct().Count();
        int turns = before.Where(StoryWords.Turn.Contains).Distinct().Count();
        return 0.6 * Math.Min(1, trouble / 2.0) + 0.4 * Math.Min(1, turns / 3.0);
    }

    /// <summary>In [0, 1]: he stays he and she stays she, where the prompt says which; 1 where it does not.</summary>
    private static double Gender(string prompt, string[] words)
    {
        string[] asked = Lower(Words.Sentences(prompt));
        bool she = asked.Any(StoryWords.Feminine.Contains), he = asked.Any(StoryWords.Masculine.Contains);
        if (she == he)
            return 1;
        int fits = words.Count((she ? StoryWords.Feminine : StoryWords.Masculine).Contains);
        int other = words.Count((she ? StoryWords.Masculine : StoryWords.Feminine).Contains);
        return fits + other == 0 ? 0.5 : (double)fits / (fits + other);
    }

    private static double Structure(IReadOnlyList<string[]> sentences, int words)
    {
        if (sentences.Count == 0)
            return 0;
        double length = words / (double)sentences.Count;
        return 0.4 * (Words.IsEnd(sentences[^1][^1]) ? 1 : 0)
            + 0.3 * Math.Min(1, sentences.Count / 4.0)
            + 0.3 * Math.Clamp(Math.Min(length / 5, (24 - length) / 10), 0, 1);
    }

    /// <summary>
    /// In [0, 1]: how far the text is from English by the share of function words (about half in stories) and by words of joy
    /// (a twentieth): a list of nice words is no story.
    /// </summary>
    private static double Oddness(string[] words)
    {
        if (words.Length == 0)
            return 1;
        double function = words.Count(StoryWords.Function.Contains) / (double)words.Length;
        double joy = words.Count(StoryWords.Happy.Contains) / (double)words.Length;
        double outside = Math.Max(0, 0.33 - function) + Math.Max(0, function - 0.7);
        return Math.Min(1, 4 * outside + 4 * Math.Max(0, joy - 0.15));
    }

    /// <summary>Capitalized words that do not begin a sentence or that follow themselves elsewhere; "I" is none.</summary>
    private static HashSet<string> Names(IReadOnlyList<string[]> sentences)
    {
        var names = sentences.SelectMany(s => s.Skip(1)).Where(word => word.Length > 1 && char.IsUpper(word[0]))
            .Select(word => word.ToLowerInvariant()).ToHashSet();
        // The first word of a sentence is a name where it is one elsewhere or no common word.
        names.UnionWith(sentences.Where(s => s.Length > 1 && s[1] is "and" or "was" or "had" or "loved" or "wanted")
            .Select(s => s[0].ToLowerInvariant())
            .Where(word => word.Length > 2 && !StoryWords.Function.Contains(word) && !StoryWords.Feminine.Contains(word)
                && !StoryWords.Masculine.Contains(word)));
        names.ExceptWith(StoryWords.Function);
        return names;
    }

    private static bool Same(string word, string thing) => word == thing || word == thing + "s" || word + "s" == thing;

    private static string[] Lower(IReadOnlyList<string[]> sentences) =>
        [.. sentences.SelectMany(sentence => sentence).Where(Words.IsWord).Select(word => word.ToLowerInvariant())];
}

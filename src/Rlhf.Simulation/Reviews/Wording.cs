namespace Rlhf.Simulation.Reviews;

/// <summary>
/// What can be said of an aspect: adjectives with a valence in [−1, 1] (mild 0.6, plain 0.8, strong 1) and reasons, for each class
/// of aspects. The grammar speaks with these lists and the gold reward understands by them.
/// </summary>
public static class Wording
{
    /// <summary>Adjectives that suit everything.</summary>
    private static readonly string[] AnyWarm = Words("+excellent +superb +wonderful delightful -pleasant");
    private static readonly string[] AnySour = Words("+awful +dreadful +terrible disappointing poor");

    /// <summary>Words that judge without warmth: valence 0.</summary>
    public static IReadOnlyList<string> NeutralAdjectives { get; } = Words("plain ordinary average decent usual");

    public static IReadOnlyList<string> Adverbs { get; } = Words("very truly rather quite simply really");

    public static IReadOnlyList<string> WarmVerbs { get; } = Words("loved enjoyed liked admired adored");

    public static IReadOnlyList<string> SourVerbs { get; } = Words("hated disliked regretted resented endured");

    private static readonly Dictionary<AspectClass, (string[] Warm, string[] Sour)> Adjectives = new()
    {
        [AspectClass.Food] = (Words("fresh tasty -crisp -rich +delicious hearty fragrant -homemade"), Words("stale bland -cold burnt "
            + "greasy -salty soggy -dry")),
        [AspectClass.People] = (Words("-kind patient cheerful helpful -polite attentive gentle honest"), Words("+rude -slow careless bored "
            + "-gruff -forgetful impatient moody")),
        [AspectClass.Place] = (Words("bright -quiet cosy spotless -sunny spacious peaceful charming"), Words("-dark noisy cramped dusty "
            + "+dirty gloomy draughty shabby")),
        [AspectClass.Show] = (Words("moving lively graceful -clever +splendid stirring -colourful memorable"), Words("dull -tired -loud "
            + "confusing tedious lifeless tasteless -forgettable")),
        [AspectClass.Goods] = (Words("sturdy handsome -rare useful +beautiful tempting -unusual charming"), Words("flimsy overpriced "
            + "-faded broken useless -torn ugly shabby")),
        [AspectClass.Comfort] = (Words("soft comfortable -deep clean generous +heavenly roomy restful"), Words("hard lumpy -narrow "
            + "creaking -worn stained wobbly damp")),
    };

    private static readonly Dictionary<AspectClass, (string[] Warm, string[] Sour)> Reasons = new()
    {
        [AspectClass.Food] = (
            ["{it} {was} made with herbs from the hills", "every bite tasted of butter and honey", "{it} came straight "
                + "from the oven", "the recipe is a hundred years old",
                "nothing was too sweet", "we asked for a second helping at once", "{it} smelled of lemon and thyme", "even the smallest "
                    + "portion filled us"],
            ["{it} had waited too long in the kitchen", "{it} tasted of nothing but water", "someone had forgotten the salt", "half of "
                + "{them} went back untouched",
                "{it} arrived an hour late", "the portion would not feed a mouse", "{it} smelled of old fat"]),
        [AspectClass.People] = (
            ["every question got a friendly answer", "our coats were taken at the door", "we were greeted by name", "a small mistake was "
                + "put right at once",
                "even my grumpy uncle was made to laugh", "nobody was ever in a hurry with us", "the children were given crayons", "we got "
                    + "good advice for the whole trip"],
            ["nobody looked up when we came in", "we had to ask four times", "our questions were met with a shrug", "someone "
                + "laughed at my hat",
                "we were sent away twice", "the bill was thrown at us", "a mistake was blamed on us"]),
        [AspectClass.Place] = (
            ["the sun falls in from both sides", "there is a corner for everybody", "birds sing there all day long", "fresh paint shines "
                + "on every wall",
                "not a crumb lay on the floor", "ivy grows over the old stones", "one can hear the river from there", "the air "
                    + "smells of roses"],
            ["the paint falls from the walls", "there was hardly room to turn", "the road is right beside {them}", "nobody had "
                + "swept for weeks",
                "the only window would not open", "water dripped on our heads", "the bins stand next to {them}"]),
        [AspectClass.Show] = (
            ["every detail had been thought through", "the whole crowd held its breath", "I saw something new at every glance", "{it} "
                + "brought tears to my eyes",
                "there was laughter in every row", "{it} spoke of love and of the sea", "each moment flowed into the next", "I have been "
                    + "humming ever since"],
            ["half the crowd was asleep", "I could not follow any of {them}", "the same idea came back again and again", "people walked "
                + "out in the middle",
                "a child could have done it", "{it} stopped just as {it} got going", "nothing fitted together"]),
        [AspectClass.Goods] = (
            ["each one is made by hand", "there is something for every purse", "I found a gift for my whole family", "they are wrapped "
                + "with such care",
                "the choice changes every day", "one of them now stands on my desk", "you will not find them anywhere else", "they last "
                    + "for many years"],
            ["mine fell apart on the way home", "the price was twice what it should be", "there were only three to choose from", "they had "
                + "been lying in the sun",
                "the best had already been sold", "the colours came off on my hands", "the same ones cost less at the station"]),
        [AspectClass.Comfort] = (
            ["I slept like a child", "there was space for my long legs", "one sinks in and forgets the time", "the covers smelled "
                + "of lavender",
                "nobody wanted to get up again", "they had just been washed", "my back has not felt better for years", "each had a warm "
                    + "blanket on it"],
            ["my back still hurts", "a spring had come through the cover", "they were made for smaller people", "we kept sliding off",
                "there were crumbs in every fold", "I woke up every hour", "one leg was missing"]),
    };

    /// <summary>The valence of every adjective and verb.</summary>
    public static IReadOnlyDictionary<string, double> Valence { get; } = Valences();

    /// <summary>Whether an adjective makes sense of a class: soup may be stale, guides may not.</summary>
    public static bool Suits(string adjective, AspectClass kind) => SuitsClass.Contains((adjective, kind));

    /// <summary>The adjectives of a class with the sign of <paramref name="mood"/>; neutral ones for 0.</summary>
    public static IReadOnlyList<string> AdjectivesOf(AspectClass kind, int mood) =>
        mood == 0 ? NeutralAdjectives : Suited[(kind, Math.Sign(mood))];

    /// <summary>
    /// The reasons, whole clauses, for a class with the sign of <paramref name="mood"/> (not 0), in the number of the thing that
    /// they speak of.
    /// </summary>
    public static IReadOnlyList<string> ReasonsOf(AspectClass kind, int mood, bool plural) => Agreeing[(kind, Math.Sign(mood), plural)];

    private static readonly Dictionary<(AspectClass, int, bool), string[]> Agreeing = Reasons
        .SelectMany(entry => new[] { (entry.Key, 1, entry.Value.Warm), (entry.Key, -1, entry.Value.Sour) })
        .SelectMany(list => new[] { true, false }.Select(plural => (Key: (list.Key, list.Item2, plural), Clauses: list.Item3)))
        .ToDictionary(list => list.Key, list => list.Clauses.Select(clause => Agree(clause, list.Key.plural)).ToArray());

    private static string Agree(string clause, bool plural) => Slots.Fill(clause, slot => slot switch
    {
        "it" => plural ? "they" : "it",
        "them" => plural ? "them" : "it",
        _ => plural ? "were" : "was",
    }, capital: false);

    private static readonly Dictionary<(AspectClass, int), string[]> Suited = Enum.GetValues<AspectClass>()
        .SelectMany(kind => new[] { 1, -1 }.Select(mood => (kind, mood)))
        .ToDictionary(key => key, key =>
            (key.mood > 0 ? Adjectives[key.kind].Warm.Concat(AnyWarm) : Adjectives[key.kind].Sour.Concat(AnySour)).Select(Bare).ToArray());

    private static readonly HashSet<(string, AspectClass)> SuitsClass =
        [.. Suited.SelectMany(entry => entry.Value.Concat(NeutralAdjectives).Select(word => (word, entry.Key.Item1)))];

    private static Dictionary<string, double> Valences()
    {
        var valences = new Dictionary<string, double>(StringComparer.Ordinal);
        foreach (string word in Adjectives.Values.SelectMany(lists => lists.Warm).Concat(AnyWarm).Concat(WarmVerbs))
            valences[Bare(word)] = Strength(word);
        foreach (string word in Adjectives.Values.SelectMany(lists => lists.Sour).Concat(AnySour).Concat(SourVerbs))
            valences[Bare(word)] = -Strength(word);
        foreach (string word in NeutralAdjectives)
            valences[word] = 0;
        return valences;
    }

    /// <summary>In the lists above "+" marks a strong word and "-" a mild one.</summary>
    private static double Strength(string marked) => marked[0] switch { '+' => 1, '-' => 0.6, _ => 0.8 };

    private static string Bare(string marked) => marked.TrimStart('+', '-');

    private static string[] Words(string list) => list.Split(' ');
}

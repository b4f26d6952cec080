namespace Rlhf.Simulation.Reviews;

/// <summary>Sentences that judge one aspect, or two at once.</summary>
internal static class Statements
{
    private static readonly string[] NeutralTemplates =
    [
        "The {a} {was} {adv} {adj}.",
        "The {a} {was} {adj}, no more and no less.",
        "As for the {a}, {it} {was} {adj}.",
        "I have no strong feelings about the {a}.",
        "My {companion} thought that the {a} {was} {adj}.",
    ];

    private static readonly string[] Templates =
    [
        "The {a} {was} {adv} {adj}.",
        "The {a} {was} {adj} and {adj}.",
        "The {a} {was} {adj}, because {reason}.",
        "The {a} {was} {adj}: {reason}.",
        "I {verb} the {a}, since {reason}.",
        "My {companion} {verb} the {a}, for {reason}.",
        "What I remember best is the {a}, {adj} and {adj}.",
        "As for the {a}, {it} {was} {adv} {adj}, and {reason}.",
        "The {a} {was} anything but {opposite}.",
        "We all found the {a} {adj} and {adj}.",
        "My {companion} called the {a} {adj}, and I agree.",
        "Above all, the {a} {was} {adj}, for {reason}.",
        "I {verb} the {adj} {a}.",
        "Nobody had warned us how {adj} the {a} would be, and {reason}.",
        "With the {a} it is simple: {reason}.",
    ];

    private static readonly double[] Weights = [2, 2, 4, 2, 3, 3, 1.5, 2, 0.7, 1.5, 1, 2, 1.5, 1, 1];

    /// <summary>One sentence about an aspect; <paramref name="mood"/> is +1, 0 or −1.</summary>
    public static string About(Aspect aspect, int mood, Draws draws)
    {
        string template = mood == 0 ? draws.Of(NeutralTemplates) : Templates[draws.Weighted(Weights)];
        return Fill(template, aspect, mood, draws);
    }

    /// <summary>One sentence about two aspects with moods of their own.</summary>
    public static string About(Aspect first, int firstMood, Aspect second, int secondMood, Draws draws)
    {
        string joint = Math.Sign(firstMood) * Math.Sign(secondMood) < 0 ? "but" : "and";
        string template = draws.Of<string>(["The {a} {was} {adj},", "The {a} {was} {adv} {adj},"]);
        return $"{Fill(template, first, firstMood, draws)} {joint} {Fill("the {a} {was} {adj}.", second, secondMood, draws)}";
    }

    private static string Fill(string template, Aspect aspect, int mood, Draws draws)
    {
        string? last = null;
        return Slots.Fill(template, slot => slot switch
        {
            "a" => aspect.Noun,
            "was" => aspect.Plural ? "were" : "was",
            "it" => aspect.Plural ? "they" : "it",
            "adv" => draws.Of(Wording.Adverbs),
            "adj" => last = Other(Wording.AdjectivesOf(aspect.Class, mood), last, draws),
            "opposite" => draws.Of(Wording.AdjectivesOf(aspect.Class, -mood)),
            "reason" => draws.Of(Wording.ReasonsOf(aspect.Class, mood, aspect.Plural)),
            "verb" => draws.Of(mood > 0 ? Wording.WarmVerbs : Wording.SourVerbs),
            _ => draws.Of(Phrases.Fillers[slot]),
        });
    }

    private static string Other(IReadOnlyList<string> words, string? taken, Draws draws)
    {
        int at = draws.Below(words.Count);
        return words[at] == taken ? words[(at + 1) % words.Count] : words[at];
    }
}

namespace Rlhf.Simulation.Reviews;

/// <summary>The sentences of a review that judge nothing single: openings, verdicts, and what does not belong there.</summary>
public static class Phrases
{
    /// <summary>Slots: {name} "the Copper Kettle" (or "the bakery"), and the lists of <see cref="Fillers"/>.</summary>
    public static IReadOnlyList<string> Openings { get; } =
    [
        "I spent a {weather} {daypart} at {name}.",
        "My {companion} and I visited {name} last {period}.",
        "We stopped at {name} on our way {somewhere}.",
        "A {person} told us to try {name}.",
        "I had heard much about {name} before I went.",
        "Last {period} we finally went to {name}.",
        "It was a {weather} {daypart} when we reached {name}.",
        "My {companion} chose {name} for {occasion}.",
        "After a long {effort}, we found {name} {location}.",
        "You will find {name} {location}.",
        "We have known {name} since last {period}.",
        "On a {weather} {daypart} my {companion} took me to {name}.",
    ];

    /// <summary>Closing sentences and their valence. {lead} is an optional "In short,"; {kind} the noun of the place.</summary>
    public static IReadOnlyList<(string Text, double Valence)> Verdicts { get; } =
    [
        ("{lead} I would gladly come back.", 1),
        ("{lead} we will return before the year is over.", 1),
        ("{lead} I can recommend this {kind} to everybody.", 1),
        ("{lead} it was a day well spent.", 1),
        ("We left with a smile and a light heart.", 1),
        ("Go there, and take your {companion} along.", 1),
        ("It has become our favourite {kind}.", 1),
        ("Five stars from me, without a doubt.", 1),
        ("{lead} I would not change a thing.", 1),
        ("We could have stayed for hours.", 1),
        ("{lead} this {kind} deserves its good name.", 1),
        ("I have already told all my friends.", 1),
        ("{lead} it was neither good nor bad.", 0),
        ("I might come back, or I might not.", 0),
        ("{lead} it will do for a short stop.", 0),
        ("Three stars seem right to me.", 0),
        ("You could do worse, and you could do better.", 0),
        ("{lead} I will not come back.", -1),
        ("We left early and did not look back.", -1),
        ("{lead} I cannot recommend this {kind} to anybody.", -1),
        ("{lead} it was a waste of a day.", -1),
        ("We left hungry for something better.", -1),
        ("Spend your money somewhere else.", -1),
        ("It has become a place that we avoid.", -1),
        ("One star from me, and no more.", -1),
        ("{lead} I want my money back.", -1),
        ("We could not leave soon enough.", -1),
    ];

    public static IReadOnlyList<string> OffTopic { get; } =
    [
        "My {companion} has bought a new bicycle.",
        "The train to the coast leaves at nine.",
        "I once had a dog that could swim.",
        "It rained for most of the {period}.",
        "Our neighbour paints his fence every {period}.",
        "I still have to mend the roof.",
        "The football match ended in a draw.",
        "Potatoes grow best in loose soil.",
        "My {companion} is learning to play chess.",
        "The post office closes at noon.",
        "They are building a tunnel under the hill.",
        "I have lost my umbrella again.",
        "My {companion} wants to be a pilot.",
        "Snow fell early in the mountains.",
    ];

    public static IReadOnlyList<string> Vague { get; } =
    [
        "It was all right, I suppose.",
        "There is not much to say about it.",
        "Some of it was one thing and some of it another.",
        "Things were as they were.",
        "I do not know what to write here.",
        "It was more or less what it was.",
        "Many things could be said, and many could not.",
    ];

    public static IReadOnlyList<string> Leads { get; } = ["In short,", "All in all,", "In the end,", "So"];

    public static IReadOnlyDictionary<string, string[]> Fillers { get; } = new Dictionary<string, string[]>
    {
        ["weather"] = Split("rainy,windy,misty,stormy,cloudy,snowy,frosty,mild"),
        ["daypart"] = Split("morning,afternoon,evening,Saturday,Sunday"),
        ["companion"] = Split("sister,brother,mother,father,aunt,uncle,cousin,friend,daughter,son,husband,wife"),
        ["period"] = Split("week,month,spring,summer,autumn,winter"),
        ["somewhere"] = Split("home,to the sea,to the city,from the station,into the hills,back from work"),
        ["person"] = Split("neighbour,colleague,friend,taxi driver,stranger,teacher"),
        ["occasion"] = Split("a birthday,our holiday,a family reunion,our wedding day,a day of rest"),
        ["effort"] = Split("walk,drive,climb,journey,search"),
        ["location"] = Split("behind the station,near the old bridge,beside the river,at the end of a lane,above the harbour,opposite the "
            + "church,at the edge of town,between two mills"),
    };

    private static string[] Split(string list) => list.Split(',');
}

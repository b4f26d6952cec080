namespace Rlhf.Simulation.Stories;

/// <summary>Words by which simple English children's stories are judged.</summary>
internal static class StoryWords
{
    public static HashSet<string> Happy { get; } = Set(
        "happy happily glad smile smiled smiles laugh laughed laughing love loved loves fun joy friend friends friendly kind hug hugged "
        + "safe proud " +
        "play played playing nice beautiful pretty good best better great thank thanked thanks excited share shared help helped helping "
        + "enjoy enjoyed " +
        "wonderful amazing delicious warm sweet cheerful dance danced sing sang together celebrate yay shiny lucky brave");

    public static HashSet<string> Sad { get; } = Set(
        "sad sadly cry cried crying scared afraid angry mad hurt lost broke broken bad mean fell fall pain hate hated worried lonely "
        + "alone dark " +
        "sick tired sorry danger dangerous stuck trouble fight fought scream screamed dirty cold hungry upset tears ugly problem");

    /// <summary>Where a story turns.</summary>
    public static HashSet<string> Turn { get; } = Set("but suddenly then so finally because when until after before one soon later");

    public static HashSet<string> Function { get; } = Set(
        "the a an and or but so if then than that this these those of to in on at by for from with about into over under up down out off "
        + "again as is was are were be been " +
        "being am do does did has have had having will would can could should may might must not no it its he him his she her hers they "
        + "them their we us our you your i me my " +
        "who what when where why how there here all some any both each one very too just also because until while after before said says "
        + "asked named called day once upon time");

    public static HashSet<string> Feminine { get; } = Set("she her hers girl mother mom mommy sister queen princess grandma woman lady");

    public static HashSet<string> Masculine { get; } = Set("he him his boy father dad daddy brother king prince grandpa man");

    private static HashSet<string> Set(string words) => [.. words.Split(' ')];
}

namespace Rlhf.Simulation.Reviews;

/// <summary>The probabilities with which one kind of writer keeps to the prompt and makes mistakes.</summary>
/// <param name="Share">How many of the documents such writers make.</param>
/// <param name="Both">Speaks of both things that the prompt names.</param>
/// <param name="One">Speaks of one of them.</param>
/// <param name="Wrong">Speaks of other things instead; what is left of 1 speaks of no thing at all.</param>
/// <param name="RightName">Uses the place's name.</param>
/// <param name="WrongName">Uses another place's name; what is left of 1 says "the bakery".</param>
/// <param name="Opening">Begins with an opening.</param>
/// <param name="Verdict">Ends with a verdict.</param>
/// <param name="OffTopic">Has a sentence about something else.</param>
/// <param name="Vague">Has a sentence that says nothing.</param>
/// <param name="Repeats">Repeats a sentence.</param>
/// <param name="Contradicts">Says the opposite of what it has said.</param>
/// <param name="BreaksOff">Stops in the middle of the last sentence.</param>
internal sealed record Habits(
    double Share, double Both, double One, double Wrong, double RightName, double WrongName, double Opening, double Verdict,
    double OffTopic, double Vague, double Repeats, double Contradicts, double BreaksOff)
{
    public static Habits Careful { get; } = new(0.45, 0.88, 0.12, 0, 0.93, 0, 0.97, 0.97, 0.02, 0.02, 0.01, 0.02, 0.01);

    public static Habits Average { get; } = new(0.30, 0.50, 0.35, 0.10, 0.72, 0.06, 0.90, 0.80, 0.15, 0.15, 0.08, 0.12, 0.08);

    public static Habits Careless { get; } = new(0.25, 0.15, 0.25, 0.35, 0.35, 0.25, 0.75, 0.55, 0.35, 0.35, 0.25, 0.30, 0.25);
}

namespace Rlhf.Simulation.Reviews;

/// <summary>The parts of a review's gold reward.</summary>
/// <param name="Relevance">
/// In [−0.5, 1]: both things addressed and judged, the place named; other places and things count against it.
/// </param>
/// <param name="Warmth">In [0, 1]: how well the prompt's things and the place as a whole come off.</param>
/// <param name="Consistency">In [0, 1]: no aspect praised and damned, the verdict follows from the body, words fit their things.</param>
/// <param name="Detail">In [0, 1]: reasons for what is said of the two things; two adjectives are half a reason.</param>
/// <param name="Structure">In [0, 1]: an opening, a verdict at the end, the last sentence complete.</param>
/// <param name="Length">In [0, 1]: 1 between 20 and 48 words, falling to 0 at 6 and 75.</param>
/// <param name="Idle">Share of sentences about something else; those that say nothing count half.</param>
/// <param name="Repetition">Share of repeated trigrams.</param>
/// <param name="Echoes">Judging words used more than once, however far apart.</param>
/// <param name="Unknown">Share of word pairs that the language does not have.</param>
public sealed record ReviewJudgment(
    double Relevance, double Warmth, double Consistency, double Detail, double Structure, double Length, double Idle, double Repetition,
    int Echoes, double Unknown)
{
    /// <summary>
    /// The gold reward, about −8 to 13.5. Warmth, consistency and detail count in full where the review is mostly relevant, and not at all
    /// where it is not: praise of something else is worth nothing.
    /// </summary>
    public double Score =>
        Relevance
        + Math.Clamp(Relevance / RelevantEnough, 0, 1) * (5 * Warmth + 1.5 * Consistency + 2.5 * Detail)
        + 3 * Structure
        + 0.5 * Length
        - 3 * Idle
        - Math.Min(5, 10 * Repetition)
        - 0.4 * Math.Min(5, Echoes)
        - Math.Min(5, 15 * Unknown);

    /// <summary>Both things judged, or the name and one of them.</summary>
    private const double RelevantEnough = 0.4;
}

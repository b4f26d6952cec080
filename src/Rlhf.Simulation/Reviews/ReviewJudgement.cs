namespace Rlhf.Simulation.Reviews;

/// <summary>The parts of a review's gold reward.</summary>
/// <param name="Relevance">In [−0.5, 1]: both things addressed and judged, the place named; other places and things count against it.</param>
/// <param name="Warmth">In [0, 1]: how well the prompt's things and the place as a whole come off.</param>
/// <param name="Consistency">In [0, 1]: no aspect praised and damned, the verdict follows from the body, words fit their things.</param>
/// <param name="Structure">In [0, 1]: an opening, a verdict at the end, the last sentence complete.</param>
/// <param name="Length">In [0, 1]: 1 between 20 and 48 words, falling to 0 at 6 and 75.</param>
/// <param name="Idle">Share of sentences about something else; those that say nothing count half.</param>
/// <param name="Repetition">Share of repeated trigrams.</param>
/// <param name="Echoes">Judging words used more than once, however far apart.</param>
/// <param name="Unknown">Share of word pairs that the language does not have.</param>
public sealed record ReviewJudgement(
    double Relevance, double Warmth, double Consistency, double Structure, double Length, double Idle, double Repetition, int Echoes, double Unknown)
{
    /// <summary>
    /// The gold reward, about −8 to 10. Warmth and consistency count only as far as the review is relevant: praise of
    /// something else is worth nothing.
    /// </summary>
    public double Score =>
        4 * Relevance
        + Math.Max(0, Relevance) * (3 * Warmth + 1.5 * Consistency)
        + Structure
        + 0.5 * Length
        - 3 * Idle
        - Math.Min(4, 8 * Repetition)
        - 0.4 * Math.Min(5, Echoes)
        - Math.Min(5, 15 * Unknown);
}

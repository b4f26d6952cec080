namespace Rlhf.Simulation.Stories;

/// <summary>The parts of a story's gold reward.</summary>
/// <param name="Relevance">In [0, 1]: the prompt's names and things go on.</param>
/// <param name="Ending">In [−1, 1]: the mood of the end.</param>
/// <param name="Turn">In [0, 1]: trouble before the end, and words that turn.</param>
/// <param name="Gender">In [0, 1]: he stays he, she stays she.</param>
/// <param name="Structure">In [0, 1]: sentences of a sensible length, the last one complete.</param>
/// <param name="Repetition">Share of repeated trigrams.</param>
/// <param name="Richness">Different words over the root of all words: about 4–6 in good stories.</param>
/// <param name="Oddness">In [0, 1]: no English.</param>
public sealed record StoryJudgment(
    double Relevance, double Ending, double Turn, double Gender, double Structure, double Repetition, double Richness, double Oddness)
{
    /// <summary>The gold reward, about −6 to 10. A happy end and a turn count only as far as the story is the prompt's.</summary>
    public double Score =>
        3 * Relevance
        + (0.25 + 0.75 * Relevance) * (2 * Ending + 1.5 * Turn + Gender)
        + 1.5 * Structure
        + 0.3 * Math.Min(5, Richness)
        - Math.Min(4, 8 * Repetition)
        - 4 * Oddness;
}

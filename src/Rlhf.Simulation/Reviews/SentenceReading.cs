namespace Rlhf.Simulation.Reviews;

/// <summary>What one sentence does in a review.</summary>
internal enum SentenceRole
{
    /// <summary>Brings the reader to the place.</summary>
    Opening,

    /// <summary>Speaks of aspects.</summary>
    Body,

    /// <summary>Judges the whole.</summary>
    Verdict,

    /// <summary>Says nothing.</summary>
    Vague,

    /// <summary>Speaks of something else, or cannot be understood.</summary>
    Other,
}

/// <summary>One sentence as a reader understands it.</summary>
/// <param name="Role">What the sentence does.</param>
/// <param name="Names">The names of places in it.</param>
/// <param name="Judged">The aspects in it, with what is said of each.</param>
/// <param name="Valence">The verdict's valence, for a verdict.</param>
/// <param name="Ended">Whether it has its full stop.</param>
internal sealed record SentenceReading(
    SentenceRole Role, IReadOnlyList<string> Names, IReadOnlyList<AspectJudgment> Judged, double Valence, bool Ended);

/// <summary>What one sentence says of an aspect.</summary>
/// <param name="Aspect">The aspect.</param>
/// <param name="Values">The valences of the fitting adjectives, verbs and reasons.</param>
/// <param name="Detail">0 mentioned or judged with one word, 1 with a reason; two adjectives are half way.</param>
/// <param name="Unfit">Adjectives and reasons that make no sense of it: "the guides were stale".</param>
internal sealed record AspectJudgment(Aspect Aspect, IReadOnlyList<double> Values, double Detail, int Unfit)
{
    /// <summary>The mean; null where nothing is said.</summary>
    public double? Valence { get; } = Values.Count == 0 ? null : Values.Average();
}

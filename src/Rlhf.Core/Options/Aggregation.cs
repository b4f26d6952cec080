namespace Rlhf.Core.Options;

/// <summary>How several annotators' rankings of the same content become training data.</summary>
public enum Aggregation
{
    /// <summary>Each ranking is a line of its own.</summary>
    Each,

    /// <summary>
    /// One ranking for each content: completions ordered by how many others the majority prefers them to (Copeland), equal numbers tied.
    /// </summary>
    Majority,

    /// <summary>Each different ranking once, weighted by the share of the annotators who gave it.</summary>
    Soft,

    /// <summary>As majority; an annotator's vote counts by how often they agree with the others.</summary>
    Weighted,

    /// <summary>The adjudicated answer of a task, else the one that all annotators gave; tasks with neither are left out.</summary>
    Adjudicated,
}

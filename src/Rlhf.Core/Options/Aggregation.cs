namespace Rlhf.Core.Options;

/// <summary>How rankings of the same completions by several annotators become training data.</summary>
public enum Aggregation
{
    /// <summary>Each ranking is a separate line.</summary>
    Each,

    /// <summary>
    /// One ranking per set of completions, ordered by how many others the majority prefers each one to (Copeland); equal counts tie.
    /// </summary>
    Majority,

    /// <summary>Each distinct ranking once, weighted by the share of annotators who gave it.</summary>
    Soft,

    /// <summary>As majority, but an annotator's vote is weighted by how often they agree with the others.</summary>
    Weighted,

    /// <summary>The adjudicated answer of a task, else the one that all annotators gave; tasks with neither are left out.</summary>
    Adjudicated,
}

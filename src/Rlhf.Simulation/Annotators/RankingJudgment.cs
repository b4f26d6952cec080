namespace Rlhf.Simulation.Annotators;

/// <summary>What an annotator says of the completions of one prompt.</summary>
/// <param name="Ranks">A rank for each completion in the order given: 1 is best, equal ranks tie, no rank is left out (1, 1, 2).</param>
/// <param name="Strength">How much better the better ones are: 1 slightly … the highest level far; null where all tie.</param>
public sealed record RankingJudgment(IReadOnlyList<int> Ranks, int? Strength);

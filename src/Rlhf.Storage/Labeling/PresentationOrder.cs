using Rlhf.Core.Randomness;
using Rlhf.Storage.Entities;

namespace Rlhf.Storage.Labeling;

/// <summary>The order in which completions are shown, drawn by the server when a lease is given.</summary>
internal static class PresentationOrder
{
    /// <summary>A permutation of 0 … count−1: a function of the task, the annotator and the round alone.</summary>
    public static IReadOnlyList<int> Draw(Guid task, Guid annotator, int round, int count) =>
        new RandomStream(0, $"order shown/{task}/{annotator}/{round}").Permutation(count);

    /// <summary>The order of a repeat: the reverse of the first order, so that the completion shown first is shown last.</summary>
    public static IReadOnlyList<int> Reverse(Assignment first, int count) =>
        [.. (first.OrderShown ?? [.. Enumerable.Range(0, count)]).Reverse()];
}

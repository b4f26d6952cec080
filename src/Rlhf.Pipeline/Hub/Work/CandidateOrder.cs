using Rlhf.Pipeline.Files;

namespace Rlhf.Pipeline.Hub.Work;

/// <summary>The order in which people get candidates.</summary>
public static class CandidateOrder
{
    /// <summary>
    /// Training and held-out prompts spread evenly, each side in its own order: labeling that ends early, wherever that is, has
    /// both in the proportion of the whole.
    /// </summary>
    /// <param name="lines">The candidates; a file has all training prompts before the held-out ones.</param>
    /// <param name="most">At most so many; 0 takes all.</param>
    public static IReadOnlyList<CandidateLine> Mix(IReadOnlyList<CandidateLine> lines, int most)
    {
        CandidateLine[] train = [.. lines.Where(line => !line.HeldOut)], heldOut = [.. lines.Where(line => line.HeldOut)];
        int count = most == 0 ? lines.Count : Math.Min(most, lines.Count);
        var mixed = new List<CandidateLine>(count);
        int nextTrain = 0;
        for (int i = 0; i < count; i++)
        {
            // Of the first i + 1 lines, round((i + 1) · share) are held out.
            long wanted = (2L * (i + 1) * heldOut.Length + lines.Count) / (2L * lines.Count);
            mixed.Add(wanted > i - nextTrain ? heldOut[i - nextTrain] : train[nextTrain++]);
        }
        return mixed;
    }
}

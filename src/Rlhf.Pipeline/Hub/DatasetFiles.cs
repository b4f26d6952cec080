using Rlhf.Pipeline.Files;
using Rlhf.Pipeline.Runs;
using Rlhf.Simulation;
using Rlhf.Storage.Datasets;

namespace Rlhf.Pipeline.Hub;

/// <summary>Dataset versions as the files that runs train on.</summary>
public sealed class DatasetFiles(DatasetVersions versions)
{
    /// <summary>Fixes a version of one labeling project's rankings and gives its lines, in the order of their content.</summary>
    public async Task<(DatasetInfo Info, IReadOnlyList<RankingLine> Lines)> MakeAsync(AttemptFolder folder, Guid project, double heldOut, CancellationToken stop)
    {
        var info = await versions.CreateAsync(new DatasetRequest { Projects = [project], HeldOut = heldOut }, stop);
        string file = folder.In("dataset.jsonl");
        await versions.MaterializeAsync(info.Id, file, cancellation: stop);
        return (info, [.. RunJson.ReadLines<RankingLine>(file)]);
    }

    /// <summary>
    /// Adds the token ids that the policy sampled (a text may have several spellings in tokens), and on held-out prompts the
    /// gold reward of each completion: what learns never sees it.
    /// </summary>
    public static IEnumerable<RankingLine> Complete(IReadOnlyList<RankingLine> lines, IReadOnlyList<CandidateLine> candidates, string goldReward)
    {
        var gold = GoldRewards.Get(goldReward);
        var ids = new Dictionary<(string Prompt, string Completion), int[]>();
        foreach (var candidate in candidates)
        {
            foreach (var completion in candidate.Completions)
                ids.TryAdd((candidate.Prompt, completion.Text), completion.Ids);
        }
        return lines.Select(line => line with
        {
            Ids = [.. line.Completions.Select(c => ids[(line.Prompt, c)])],
            Gold = line.HeldOut ? [.. line.Completions.Select(c => gold.Score(line.Prompt, c))] : null,
        });
    }
}

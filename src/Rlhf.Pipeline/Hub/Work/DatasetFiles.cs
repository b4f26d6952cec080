using Microsoft.EntityFrameworkCore;
using Rlhf.Pipeline.Files;
using Rlhf.Pipeline.Runs;
using Rlhf.Pipeline.Stages;
using Rlhf.Storage;
using Rlhf.Storage.Datasets;

namespace Rlhf.Pipeline.Hub.Work;

/// <summary>Dataset versions and the runs that make them or train on them.</summary>
public sealed class DatasetFiles(RlhfDatabase database, DatasetVersions versions)
{
    /// <summary>
    /// Fixes a version of the rankings that are asked for, with the run's weights of prompts, notes it as what the run collected, and
    /// writes it as the attempt's rankings.jsonl.
    /// </summary>
    public async Task<(DatasetInfo Info, MaterializedDataset Made)> CreateAsync(
        AttemptFolder folder, DatasetRequest request, string? goldReward, CancellationToken stop)
    {
        if (folder.Run.TryInput(InputNames.Weights) is { } weights)
            request = request with { Weights = PromptWeights.Read(weights) };
        var info = await versions.CreateAsync(request, stop);
        var made = await versions.MaterializeAsync(info.Id, folder.RankingsFile, goldReward, stop);
        var run = folder.Run.Read().Id;
        await database.WriteAsync(
            db => db.Runs.Where(r => r.Id == run).ExecuteUpdateAsync(set => set.SetProperty(r => r.DatasetVersionId, info.Id), stop), stop);
        return (info, made);
    }

    /// <summary>How many prompts have a weight in the run's file of weights, but no line in the rankings.jsonl that was made.</summary>
    public static int UnusedWeights(AttemptFolder folder)
    {
        if (folder.Run.TryInput(InputNames.Weights) is not { } weights)
            return 0;
        var prompts = RunJson.ReadLines<RankingLine>(folder.RankingsFile).Select(line => line.PromptHash).ToHashSet(StringComparer.Ordinal);
        return PromptWeights.Read(weights).Keys.Count(prompt => !prompts.Contains(prompt));
    }

    /// <summary>
    /// Writes the version that a run collected as the rankings.jsonl of the run that trains on it; null where that run collected none.
    /// </summary>
    public async Task<Guid?> MaterializeAsync(Guid collectedBy, RunFolder folder, string? goldReward, CancellationToken stop)
    {
        await using var db = database.OpenReadContext();
        var version = await db.Runs.Where(r => r.Id == collectedBy).Select(r => r.DatasetVersionId).SingleOrDefaultAsync(stop);
        if (version is { } found)
            await versions.MaterializeAsync(found, folder.RankingsFile, goldReward, stop);
        return version;
    }

    /// <summary>The version that a file is the rankings.jsonl of, by its content; null for a file from elsewhere.</summary>
    public async Task<Guid?> FindByFileAsync(string sha256, CancellationToken stop)
    {
        await using var db = database.OpenReadContext();
        return await db.Runs
            .Where(r => r.DatasetVersionId != null && (r.Kind == RunKinds.Collect || r.Kind == RunKinds.Label)
                && r.Result!.Contains(sha256))
            .OrderBy(r => r.Created).Select(r => r.DatasetVersionId).FirstOrDefaultAsync(stop);
    }
}

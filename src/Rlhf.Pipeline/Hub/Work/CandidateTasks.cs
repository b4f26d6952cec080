using Rlhf.Pipeline.Files;
using Rlhf.Pipeline.Hub.Results;
using Rlhf.Pipeline.Runs;
using Rlhf.Pipeline.Stages;
using Rlhf.Simulation;
using Rlhf.Storage;
using Rlhf.Storage.Labeling;

namespace Rlhf.Pipeline.Hub.Work;

/// <summary>
/// Candidates as labeling tasks: with their token ids, their gold scores, and the checkpoint and sampling settings that made them.
/// </summary>
public sealed class CandidateTasks(Home home, RlhfDatabase database, LabelingService labeling, TimeProvider clock)
{
    /// <summary>Tasks in one transaction: other writers wait meanwhile.</summary>
    private const int BatchSize = 100;

    /// <summary>Adds a task for each line. Returns how many tasks the project should have.</summary>
    public async Task<int> AddAsync(
        Guid project, string candidatesFile, IReadOnlyList<CandidateLine> candidates, string goldReward, CancellationToken stop)
    {
        var gold = GoldRewards.Get(goldReward);
        var origin = await OriginAsync(candidatesFile, stop);
        foreach (var batch in candidates.Chunk(BatchSize))
            await labeling.AddTasksAsync(project, batch.Select(line => ToTask(line, gold, origin)), origin?.Run, stop);
        return candidates.Select(line => TaskKey(line)).Distinct(StringComparer.Ordinal).Count();
    }

    /// <summary>Where a file of candidates comes from: null for one that no run of this home folder made.</summary>
    private async Task<Origin?> OriginAsync(string candidatesFile, CancellationToken stop)
    {
        // runs/<id>/attempts/<N>/candidates.jsonl
        string? run = Path.GetDirectoryName(Path.GetDirectoryName(Path.GetDirectoryName(Path.GetFullPath(candidatesFile))));
        if (run is null || Path.GetDirectoryName(run) != home.Runs || !File.Exists(new RunFolder(run).ManifestFile))
            return null;
        var manifest = new RunFolder(run).Read();
        if (manifest.Inputs.FirstOrDefault(i => i.Name == InputNames.Policy) is not { } policy)
            return null;
        var checkpoint = await database.WriteAsync(db => CheckpointRows.FindOrAddAsync(db, home, policy, clock, stop), stop);
        return new Origin(manifest.Id, checkpoint, manifest.Options["sampling"]?.ToJsonString());
    }

    private static NewTask ToTask(CandidateLine line, IGoldReward gold, Origin? origin) => new(
        LabelingService.Prompt(line.Prompt),
        [.. line.Completions.Select(c => NewCompletion.FromText(c.Text) with
        {
            CheckpointId = origin?.Checkpoint,
            SamplingSettings = origin?.Sampling,
            TokenIds = c.Ids,
            LogProbs = c.LogProbs,
            Golds = new Dictionary<string, double> { [gold.Name] = gold.Score(line.Prompt, c.Text) },
        })]);

    private static string TaskKey(CandidateLine line) => string.Join('\0', line.Completions.Select(c => c.Text).Prepend(line.Prompt));

    private sealed record Origin(Guid Run, Guid Checkpoint, string? Sampling);
}

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
    /// <param name="project">The labeling project.</param>
    /// <param name="candidatesFile">Where the lines are from.</param>
    /// <param name="candidates">The lines.</param>
    /// <param name="goldReward">The gold reward whose scores are kept with the completions; null for none.</param>
    /// <param name="stop">Ends the work between two batches.</param>
    public async Task<int> AddAsync(
        Guid project, string candidatesFile, IReadOnlyList<CandidateLine> candidates, string? goldReward, CancellationToken stop)
    {
        var gold = goldReward is null ? null : GoldRewards.Get(goldReward);
        var origin = await OriginAsync(candidatesFile, stop);
        foreach (var batch in candidates.Chunk(BatchSize))
        {
            // Scored before the transaction begins: other writers do not wait for the gold reward.
            var tasks = ToTasks(batch, gold, origin);
            await labeling.AddTasksAsync(project, tasks, origin?.Run, stop);
        }
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
        var previous = manifest.Inputs.FirstOrDefault(i => i.Name == InputNames.PreviousPolicy);
        var (newest, older) = await database.WriteAsync(async db =>
        {
            var checkpoint = await CheckpointRows.FindOrAddAsync(db, home, policy, clock, stop);
            return (checkpoint, previous is null ? checkpoint : await CheckpointRows.FindOrAddAsync(db, home, previous, clock, stop));
        }, stop);
        return new Origin(manifest.Id, newest, older, manifest.Options["sampling"]?.ToJsonString());
    }

    private static IReadOnlyList<NewTask> ToTasks(IReadOnlyList<CandidateLine> lines, IGoldReward? gold, Origin? origin)
    {
        try
        {
            return [.. lines.AsParallel().AsOrdered().Select(line => ToTask(line, gold, origin))];
        }
        catch (AggregateException)
        {
            // Once more, one after another: the first line that the gold reward refuses says so itself.
            return [.. lines.Select(line => ToTask(line, gold, origin))];
        }
    }

    private static NewTask ToTask(CandidateLine line, IGoldReward? gold, Origin? origin) => new(
        LabelingService.Prompt(line.Prompt),
        [.. line.Completions.Select(c => NewCompletion.FromText(c.Text) with
        {
            CheckpointId = c.Previous ? origin?.Previous : origin?.Checkpoint,
            SamplingSettings = origin?.Sampling,
            TokenIds = c.Ids,
            LogProbs = c.LogProbs,
            Golds = Golds(line.Prompt, c.Text, gold),
        })]);

    private static Dictionary<string, double> Golds(string prompt, string completion, IGoldReward? gold) =>
        gold is null ? [] : new() { [gold.Name] = gold.Score(prompt, completion) };

    private static string TaskKey(CandidateLine line) => string.Join('\0', line.Completions.Select(c => c.Text).Prepend(line.Prompt));

    private sealed record Origin(Guid Run, Guid Checkpoint, Guid Previous, string? Sampling);
}

using Microsoft.EntityFrameworkCore;
using Rlhf.Models.Checkpoints;
using Rlhf.Pipeline.Runs;
using Rlhf.Pipeline.Stages;
using Rlhf.Storage;
using Rlhf.Storage.Entities;

namespace Rlhf.Pipeline.Hub;

/// <summary>Takes a finished run into the database: its result, its checkpoint and where that came from.</summary>
public sealed class RunResults(Home home, RlhfDatabase database, RunLedger ledger, TimeProvider clock)
{
    public async Task TakeInAsync(Guid run, Guid lease, long peakBytes, CancellationToken stop)
    {
        await using var read = database.OpenReadContext();
        if (await read.Runs.FirstOrDefaultAsync(r => r.Id == run && r.LeaseId == lease, stop) is not { } held)
            return;
        var folder = new RunFolder(home.RunFolder(run)).Attempt(held.Attempt);
        var manifest = folder.Run.Read();
        string result = await File.ReadAllTextAsync(folder.ResultFile, stop);
        string? hash = Directory.Exists(folder.ModelFolder) ? ModelFolder.Sha256(folder.ModelFolder) : null;
        await ledger.SucceedAsync(run, lease, peakBytes, result, async (context, row) =>
        {
            if (hash is not null)
                await AddCheckpointAsync(context, manifest, folder, hash, row.DatasetVersionId, stop);
        }, stop);
    }

    private async Task AddCheckpointAsync(RlhfDbContext context, RunManifest manifest, AttemptFolder folder, string hash, Guid? dataset, CancellationToken stop)
    {
        var made = new Checkpoint
        {
            Kind = StageTable.Get(manifest.Kind).Checkpoint ?? CheckpointKind.Policy,
            Path = home.Relative(folder.ModelFolder),
            Sha256 = hash,
            RunId = manifest.Id,
            DatasetVersionId = dataset,
            Created = clock.GetUtcNow(),
        };
        foreach (var input in manifest.Inputs.Where(i => i.Name is InputNames.Policy or InputNames.RewardModel))
            made.Parents.Add(new CheckpointParent { ParentId = await FindOrAddAsync(context, input, stop), Role = input.Name });
        context.Checkpoints.Add(made);
    }

    /// <summary>The row of a checkpoint that a run started from; a model brought along gets its row here.</summary>
    private async Task<Guid> FindOrAddAsync(RlhfDbContext context, RunInput input, CancellationToken stop)
    {
        string path = home.Relative(input.Path);
        var known = await context.Checkpoints.FirstOrDefaultAsync(c => c.Sha256 == input.Sha256 && c.Path == path, stop);
        if (known is not null)
            return known.Id;
        var brought = new Checkpoint
        {
            Kind = input.Name == InputNames.RewardModel ? CheckpointKind.Reward : CheckpointKind.Policy,
            Path = path,
            Sha256 = input.Sha256,
            Created = clock.GetUtcNow(),
        };
        context.Checkpoints.Add(brought);
        return brought.Id;
    }
}

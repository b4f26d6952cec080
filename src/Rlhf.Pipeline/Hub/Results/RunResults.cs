using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;
using Rlhf.Core.Files;
using Rlhf.Models.Checkpoints;
using Rlhf.Pipeline.Hub.Leases;
using Rlhf.Pipeline.Runs;
using Rlhf.Pipeline.Stages;
using Rlhf.Storage;
using Rlhf.Storage.Entities;

namespace Rlhf.Pipeline.Hub.Results;

/// <summary>Takes a finished run into the database: its result, its checkpoint and where that came from.</summary>
public sealed class RunResults(Home home, RlhfDatabase database, RunLedger ledger, TimeProvider clock)
{
    private const int Constraint = 19;

    public async Task TakeInAsync(Guid run, Guid lease, long peakBytes, CancellationToken stop)
    {
        await using var read = database.OpenReadContext();
        if (await read.Runs.FirstOrDefaultAsync(r => r.Id == run && r.LeaseId == lease, stop) is not { } held)
            return;
        var folder = new RunFolder(home.RunFolder(run)).Attempt(held.Attempt);
        var manifest = folder.Run.Read();
        string result = RegularFile.ReadAllText(folder.ResultFile);
        string? hash = Directory.Exists(folder.ModelFolder) ? ModelFolder.Sha256(folder.ModelFolder) : null;
        await ledger.SucceedAsync(run, lease, peakBytes, result, async (context, row) =>
        {
            // The rows of what it started from, also where the run made no checkpoint: lineage walks through them.
            var parents = new List<CheckpointParent>();
            foreach (var input in CheckpointRows.InputsOf(manifest))
            {
                var parent = await CheckpointRows.FindOrAddAsync(context, home, input, clock, stop);
                parents.Add(new CheckpointParent { ParentId = parent, Role = input.Name });
            }
            if (hash is not null)
                AddCheckpoint(context, manifest, folder, hash, row.DatasetVersionId, parents);
        }, stop);
    }

    /// <summary>
    /// As <see cref="TakeInAsync"/>; results that cannot be taken in end the attempt with the reason. Where the database is the
    /// trouble, the exception is thrown: the result is asked for again when the lease runs out.
    /// </summary>
    public async Task TakeInOrFailAsync(Guid run, Guid lease, long peakBytes, CancellationToken stop)
    {
        try
        {
            await TakeInAsync(run, lease, peakBytes, stop);
        }
        catch (Exception e) when (e is not OperationCanceledException && !IsOfDatabase(e))
        {
            await ledger.FailAsync(
                run, lease, $"its results cannot be taken in: {e.Message}", FailureKind.Crashed, mayRetry: true, stop);
        }
    }

    /// <summary>Locked, full or unreadable, say. A row that breaks a rule of the schema would break it again.</summary>
    private static bool IsOfDatabase(Exception e) =>
        (e as SqliteException ?? e.InnerException as SqliteException) is { SqliteErrorCode: not Constraint };

    private void AddCheckpoint(
        RlhfDbContext context, RunManifest manifest, AttemptFolder folder, string hash, Guid? dataset,
        IReadOnlyList<CheckpointParent> parents)
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
        made.Parents.AddRange(parents);
        context.Checkpoints.Add(made);
    }
}

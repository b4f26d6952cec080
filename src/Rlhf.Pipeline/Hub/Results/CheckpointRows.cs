using Microsoft.EntityFrameworkCore;
using Rlhf.Pipeline.Runs;
using Rlhf.Pipeline.Stages;
using Rlhf.Storage;
using Rlhf.Storage.Entities;

namespace Rlhf.Pipeline.Hub.Results;

/// <summary>The rows of checkpoints that runs start from.</summary>
public static class CheckpointRows
{
    /// <summary>The inputs of a run that are checkpoints.</summary>
    public static IEnumerable<RunInput> InputsOf(RunManifest manifest) =>
        manifest.Inputs.Where(i =>
            i.Name is InputNames.Policy or InputNames.PreviousPolicy or InputNames.TrainedPolicy or InputNames.RewardModel);

    /// <summary>The row of a checkpoint; a model that was brought along gets its row here.</summary>
    public static async Task<Guid> FindOrAddAsync(
        RlhfDbContext context, Home home, RunInput input, TimeProvider clock, CancellationToken stop)
    {
        string path = home.Relative(input.Path);
        var known = context.Checkpoints.Local.FirstOrDefault(c => c.Sha256 == input.Sha256 && c.Path == path)
            ?? await context.Checkpoints.FirstOrDefaultAsync(c => c.Sha256 == input.Sha256 && c.Path == path, stop);
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

using Rlhf.Core;
using Rlhf.Pipeline.Runs;

namespace Rlhf.Pipeline.Stages;

/// <summary>What a run's process does: the stage that run.json names, its result written last.</summary>
public static class RunExecution
{
    /// <summary>
    /// Synchronous, on the calling thread. It reads the run's folder and the checkpoints that run.json names, and writes the
    /// attempt's folder, nothing else.
    /// </summary>
    /// <param name="followed">Whether an executor records what the observer tells: then the result waits for it.</param>
    /// <exception cref="UserError">
    /// The folder holds no run, an input was changed since it was planned, or the stage refuses its input.
    /// </exception>
    public static void Execute(AttemptFolder attempt, LineObserver observer, bool followed = false)
    {
        var stage = StageTable.Get(attempt.Run.Read().Kind);
        if (stage.HubWork is not null)
            throw new UserError($"{attempt.Run.ManifestFile}: a run of kind '{stage.Kind}' is done by the hub itself, not by a process");
        InputHash.Verify(attempt.Run);
        object result = stage.Execute(attempt, observer);
        if (followed)
            attempt.WritePendingResult(result);
        else
            attempt.WriteResult(result);
    }
}

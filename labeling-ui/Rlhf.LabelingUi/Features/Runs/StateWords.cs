using Rlhf.Storage.Entities;

namespace Rlhf.LabelingUi.Features.Runs;

/// <summary>The states of a run as the pages call them.</summary>
internal static class StateWords
{
    public static string Of(RunState state) => state switch
    {
        RunState.Queued => "waiting",
        RunState.Running => "running",
        RunState.Succeeded => "done",
        RunState.Failed => "failed",
        RunState.Waiting => "waiting for people",
        RunState.Lost => "lost",
        _ => "cancelled",
    };

    /// <summary>The state in the names of style classes.</summary>
    public static string Name(RunState state) => state.ToString().ToLowerInvariant();
}

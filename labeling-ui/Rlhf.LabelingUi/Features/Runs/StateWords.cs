using Rlhf.Storage.Entities;

namespace Rlhf.LabelingUi.Features.Runs;

/// <summary>The states of a run as the pages call them.</summary>
internal static class StateWords
{
    public static string Of(RunState state, FailureKind? failure = null) => (state, failure) switch
    {
        (RunState.Failed, FailureKind.Refused) => "refused",
        (RunState.Failed, FailureKind.Diverged) => "diverged",
        (RunState.Failed, FailureKind.Lost) => "lost",
        (RunState.Queued, _) => "queued",
        (RunState.Running, _) => "running",
        (RunState.Waiting, _) => "waiting for people",
        (RunState.Succeeded, _) => "done",
        (RunState.Failed, _) => "failed",
        (RunState.Lost, _) => "lost",
        _ => "cancelled",
    };

    /// <summary>What the state means, where the word alone may not say it.</summary>
    public static string? Explain(RunState state, FailureKind? failure = null) => Of(state, failure) switch
    {
        "queued" => "It starts as soon as an executor is free.",
        "waiting for people" => "No process runs. The last ranking that is needed moves it on.",
        "refused" => "Its input cannot be used. The same run would be refused again.",
        "diverged" => "The training left the numbers that a computer can hold. The same run would do so again.",
        "lost" => "Its executor has not been heard from.",
        _ => null,
    };

    /// <summary>The state in the names of style classes.</summary>
    public static string Name(RunState state) => state.ToString().ToLowerInvariant();

    /// <summary>Whether something may still change by itself.</summary>
    public static bool IsActive(RunState state) => state is RunState.Queued or RunState.Running or RunState.Waiting;
}

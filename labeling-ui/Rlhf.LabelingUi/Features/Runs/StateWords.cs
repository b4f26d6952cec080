using Microsoft.Extensions.Localization;
using Rlhf.Storage.Entities;

namespace Rlhf.LabelingUi.Features.Runs;

/// <summary>The states of a run as the pages call them.</summary>
internal static class StateWords
{
    public static string State(this IStringLocalizer<RunTexts> texts, RunState state, FailureKind? failure = null) =>
        texts[$"State.{Key(state, failure)}"];

    /// <summary>What the state means, where the word alone may not say it.</summary>
    public static string? Explain(this IStringLocalizer<RunTexts> texts, RunState state, FailureKind? failure = null) =>
        texts[$"Explain.{Key(state, failure)}"] is { ResourceNotFound: false } found ? found.Value : null;

    /// <summary>The state in the names of style classes.</summary>
    public static string Name(RunState state) => state.ToString().ToLowerInvariant();

    /// <summary>Whether something may still change by itself.</summary>
    public static bool IsActive(RunState state) => state is RunState.Queued or RunState.Running or RunState.Waiting;

    private static string Key(RunState state, FailureKind? failure) => (state, failure) switch
    {
        (RunState.Failed, FailureKind.Refused or FailureKind.Diverged or FailureKind.Lost) => failure.Value.ToString(),
        _ => state.ToString(),
    };
}

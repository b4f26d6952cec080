using Rlhf.Storage.Entities;

namespace Rlhf.LabelingUi.Features.Runs;

/// <summary>How long a run took, or has been taking so far.</summary>
internal static class Elapsed
{
    /// <summary>Null where it has not begun, or has ended nobody knows when.</summary>
    public static TimeSpan? Of(RunState state, DateTimeOffset? started, DateTimeOffset? ended, TimeProvider clock) =>
        started is not { } from ? null
        : ended is { } to ? to - from
        : StateWords.IsActive(state) ? clock.GetUtcNow() - from
        : null;
}

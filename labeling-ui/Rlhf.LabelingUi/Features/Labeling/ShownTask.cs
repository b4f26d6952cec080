using Rlhf.Core.Content;
using Rlhf.LabelingUi.Features.Labeling.Answering;
using Rlhf.LabelingUi.Shell.Requests;
using Rlhf.Storage.Entities;
using Rlhf.Storage.Json;
using Rlhf.Storage.Labeling;

namespace Rlhf.LabelingUi.Features.Labeling;

/// <summary>
/// A task as an annotator sees it: blind, in the order drawn for them, identical completions shown once. What kind of task it is
/// cannot be seen.
/// </summary>
/// <param name="AssignmentId">What drafts, skips and submissions name.</param>
/// <param name="TaskId">The task.</param>
/// <param name="Prompt">A text, or a list of messages; absent where each completion has a context of its own.</param>
/// <param name="Completions">In the order to show.</param>
/// <param name="LeaseExpires">When the seat is anyone's again. A later submission is still taken while the seat is free.</param>
/// <param name="Version">The number of the version of guidelines and questions to show, fixed when the lease was given.</param>
public sealed record ShownTask(
    Guid AssignmentId, Guid TaskId, ConversationBody? Prompt, IReadOnlyList<ShownCompletion> Completions, DateTimeOffset LeaseExpires,
    int Version)
{
    /// <summary>What was saved of it so far; absent where nothing was.</summary>
    public ShownDraft? Draft { get; init; }

    internal static ShownTask From(LeasedTask task)
    {
        var places = PresentedPlaces.Create(task.Completions);
        return new ShownTask(task.AssignmentId, task.TaskId, ConversationBody.From(task.Context), ShownCompletion.All(places), task.Expires,
            task.Version)
        {
            Draft = task.Draft is { } draft ? ShownDraft.From(draft, places) : null,
        };
    }
}

/// <summary>A completion as an annotator sees it.</summary>
/// <param name="Id">c1, c2 … by the place shown.</param>
public sealed record ShownCompletion(string Id)
{
    /// <summary>A completion of one text; else absent.</summary>
    public string? Text { get; init; }

    /// <summary>A completion that is more than one text; else absent.</summary>
    public IReadOnlyList<Message>? Messages { get; init; }

    /// <summary>A prompt of its own, where the task has none.</summary>
    public IReadOnlyList<Message>? Context { get; init; }

    internal static IReadOnlyList<ShownCompletion> All(PresentedPlaces places) => [.. places.Completions.Select((identical, place) =>
        new ShownCompletion(PresentedPlaces.IdOf(place))
        {
            Text = ContentJson.PlainText(identical[0].Content),
            Messages = ContentJson.PlainText(identical[0].Content) is null ? identical[0].Content : null,
            Context = identical[0].Context,
        })];
}

/// <summary>Answers that are not submitted yet.</summary>
/// <param name="Sequence">The number that the client gave it.</param>
/// <param name="Answers">By the key of their question, as far as they are given.</param>
/// <param name="ActiveSeconds">Time with input so far.</param>
/// <param name="Saved">When it was saved.</param>
public sealed record ShownDraft(
    long Sequence, IReadOnlyDictionary<string, AnswerBody> Answers, double? ActiveSeconds, DateTimeOffset Saved)
{
    internal static ShownDraft From(Draft draft, PresentedPlaces places) =>
        new(draft.Sequence, AnswerWriter.Write(draft.Answers, places), draft.ActiveSeconds, draft.Saved);
}

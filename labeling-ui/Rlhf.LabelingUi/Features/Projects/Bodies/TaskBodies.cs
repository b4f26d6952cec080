using Rlhf.Core.Content;
using Rlhf.LabelingUi.Features.Labeling;
using Rlhf.LabelingUi.Features.Labeling.Answering;
using Rlhf.LabelingUi.Shell.Requests;
using Rlhf.Storage.Entities;
using Rlhf.Storage.Labeling.Reading;

namespace Rlhf.LabelingUi.Features.Projects.Bodies;

/// <summary>A task to be added.</summary>
/// <param name="Prompt">A text, or a list of messages.</param>
/// <param name="Completions">Its completions; <c>gold</c> counts them from 0.</param>
public sealed record TaskBody(ConversationBody Prompt, IReadOnlyList<CompletionBody> Completions)
{
    /// <summary>The right ranking: groups of indices of completions, best first. Makes a gold task.</summary>
    /// <example>[[0], [1, 2]]</example>
    public IReadOnlyList<IReadOnlyList<int>>? Gold { get; init; }

    /// <summary>The right answers to several questions, by their key; completions are named c1, c2 … in the order given here.</summary>
    public IReadOnlyDictionary<string, AnswerBody>? GoldAnswers { get; init; }

    /// <summary>Why the right answers are right: shown after a qualification task.</summary>
    public string? Explanation { get; init; }

    /// <summary>normal, gold or qualification; gold where right answers are given.</summary>
    public TaskKind? Kind { get; init; }

    /// <summary>How many annotators this task wants; the project's number by default.</summary>
    public int? Overlap { get; init; }

    /// <summary>What keeps tasks on one side of the held-out split, where that is not the prompt.</summary>
    public string? SplitGroup { get; init; }
}

/// <summary>A completion: a text, or a list of messages.</summary>
public sealed record CompletionBody
{
    public string? Text { get; init; }

    public IReadOnlyList<Message>? Messages { get; init; }

    /// <summary>The policy that it came from; never shown to annotators.</summary>
    public string? Source { get; init; }
}

/// <param name="Added">How many are new.</param>
/// <param name="Existing">How many were there already, with the same content.</param>
/// <param name="Ids">The id of each, in the order sent.</param>
public sealed record AddTasksAnswer(int Added, int Existing, IReadOnlyList<Guid> Ids);

/// <param name="Tasks">The ids of normal tasks.</param>
/// <param name="Overlap">How many annotators they want; the project's number without it.</param>
public sealed record TaskOverlapRequest(IReadOnlyList<Guid> Tasks, int? Overlap = null);

/// <summary>A task, for who runs the project or reviews in it.</summary>
/// <param name="Position">Its place in the order of the project.</param>
/// <param name="Answered">How many have answered.</param>
/// <param name="Open">Whether fewer have answered than are wanted.</param>
/// <param name="Skipped">How many gave it back.</param>
public sealed record TaskDetails(
    Guid Id, Guid ProjectId, TaskKind Kind, long Position, ConversationBody? Prompt, IReadOnlyList<TaskCompletion> Completions,
    int? Overlap, int Answered, bool Open, int Skipped)
{
    /// <summary>The right answers of a gold or qualification task, by the key of their question.</summary>
    public IReadOnlyDictionary<string, AnswerBody>? Gold { get; init; }

    /// <summary>Who gave it back, why and when.</summary>
    public required IReadOnlyList<TaskSkip> Skips { get; init; }

    /// <summary>Its annotations, where one task is asked for.</summary>
    public IReadOnlyList<AnnotationDetails>? Annotations { get; init; }
}

/// <summary>A completion of a task.</summary>
/// <param name="Id">c1, c2 … in the order of the task.</param>
/// <param name="Index">The place in the task, from 0.</param>
public sealed record TaskCompletion(string Id, int Index)
{
    public string? Text { get; init; }

    public IReadOnlyList<Message>? Messages { get; init; }

    public IReadOnlyList<Message>? Context { get; init; }

    /// <summary>The policy that it came from; for researchers only.</summary>
    public string? Source { get; init; }
}

using Rlhf.LabelingUi.Features.Labeling.Answering;
using Rlhf.LabelingUi.Shell.Requests;
using Rlhf.Storage.Entities;
using Rlhf.Storage.Labeling;

namespace Rlhf.LabelingUi.Features.Labeling;

/// <summary>An annotation with what was shown for it. Answers name completions as they stand in <see cref="Completions"/>.</summary>
/// <param name="Version">The number of the version of guidelines and questions that was answered.</param>
/// <param name="Revision">1 for the first submission.</param>
/// <param name="Latest">Whether this is the newest revision.</param>
/// <param name="Answers">By the key of their question.</param>
/// <param name="Prompt">A text, or a list of messages.</param>
/// <param name="Completions">In the order shown.</param>
/// <param name="Seconds">Time taken.</param>
/// <param name="ActiveSeconds">The part of it with input, reading included.</param>
public sealed record AnnotationDetails(
    Guid Id, Guid AssignmentId, Guid TaskId, Guid ProjectId, int Version, int Revision, bool Latest,
    IReadOnlyDictionary<string, AnswerBody> Answers, ConversationBody? Prompt, IReadOnlyList<AnnotatedCompletion> Completions,
    double? Seconds, double? ActiveSeconds, DateTimeOffset Created)
{
    /// <summary>The ranking where one question asks for one: the best group first.</summary>
    public IReadOnlyList<IReadOnlyList<string>>? Ranking { get; init; }

    /// <summary>When its content was erased.</summary>
    public DateTimeOffset? Erased { get; init; }

    /// <summary>What a reviewer decided about this revision.</summary>
    public ReviewDetails? Review { get; init; }

    /// <summary>Who gave it; for reviewers and researchers.</summary>
    public Guid? AnnotatorId { get; init; }

    /// <summary>Why the task was asked; for reviewers and researchers.</summary>
    public TaskKind? Kind { get; init; }

    /// <summary>Whether a simulated annotator gave it; for reviewers and researchers.</summary>
    public bool? Simulated { get; init; }

    internal static AnnotationDetails From(StoredAnnotation annotation, AnnotationAudience audience)
    {
        var row = annotation.Row;
        var places = PresentedPlaces.Create(annotation.Completions);
        var answers = AnswerWriter.Write(row.Answers, places);
        var rankings = answers.Values.Where(answer => answer.Ranking is not null).ToList();
        bool inside = audience != AnnotationAudience.Author;
        return new AnnotationDetails(
            row.Id, row.AssignmentId, row.TaskId, annotation.Task.ProjectId, annotation.Version, row.Revision, row.Latest, answers,
            ConversationBody.From(annotation.Task.Context), AnnotatedCompletion.All(annotation, places, audience), row.Seconds,
            row.ActiveSeconds, row.Created)
        {
            Ranking = rankings.Count == 1 ? rankings[0].Ranking : null,
            Erased = row.Erased,
            Review = annotation.Review is { } review ? ReviewDetails.From(review, places) : null,
            AnnotatorId = inside ? row.AnnotatorId : null,
            Kind = inside ? row.Kind : null,
            Simulated = inside ? row.IsSimulated : null,
        };
    }
}

/// <summary>Who reads an annotation: what each may see differs.</summary>
internal enum AnnotationAudience
{
    Author,

    /// <summary>Also sees whose it is, not where completions came from.</summary>
    Reviewer,

    Researcher,
}

/// <summary>A completion as it was shown.</summary>
/// <param name="Id">c1, c2 … by the place shown.</param>
public sealed record AnnotatedCompletion(string Id)
{
    public string? Text { get; init; }

    public IReadOnlyList<Core.Content.Message>? Messages { get; init; }

    /// <summary>The places in the task, from 0, of this completion and of those identical to it; for reviewers and researchers.</summary>
    public IReadOnlyList<int>? Indices { get; init; }

    /// <summary>The policy that it came from; for researchers only.</summary>
    public string? Source { get; init; }

    internal static IReadOnlyList<AnnotatedCompletion> All(
        StoredAnnotation annotation, PresentedPlaces places, AnnotationAudience audience) =>
        [.. ShownCompletion.All(places).Select((shown, place) => new AnnotatedCompletion(shown.Id)
        {
            Text = shown.Text,
            Messages = shown.Messages,
            Indices = audience == AnnotationAudience.Author ? null : [.. places.Completions[place].Select(c => c.Index)],
            Source = audience != AnnotationAudience.Researcher ? null
                : string.Join(", ", places.Completions[place].Select(c => annotation.Sources[c.Index]).OfType<string>().Distinct())
                    is { Length: > 0 } source ? source : null,
        })];
}

/// <summary>A reviewer's decision.</summary>
/// <param name="Feedback">A word to the author.</param>
/// <param name="Answers">The answers as they should be, where the decision is edited or adjudicated.</param>
public sealed record ReviewDetails(
    Guid Id, ReviewDecision Decision, string? Feedback, IReadOnlyDictionary<string, AnswerBody>? Answers, DateTimeOffset Created)
{
    internal static ReviewDetails From(Review review, PresentedPlaces places) => new(
        review.Id, review.Decision, review.Feedback, review.Answers is { } answers ? AnswerWriter.Write(answers, places) : null,
        review.Created);
}

using Rlhf.Storage.Entities;
using Rlhf.Storage.Labeling;

namespace Rlhf.Storage.Tests.Quality;

/// <summary>Answers of several people, entered by the rules of labeling.</summary>
internal static class QualityStore
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    /// <summary>Everybody answers every task that they get, as <paramref name="answer"/> says; null skips it.</summary>
    public static async Task<IReadOnlyList<Guid>> AnswerAsync(
        Store store, Guid project, int people, Func<int, LeasedTask, Answers?> answer, Func<int, AnnotationContext>? context = null)
    {
        var annotators = new List<Guid>();
        for (int k = 0; k < people; k++)
        {
            var annotator = await store.Labeling.CreateAnnotatorAsync(simulated: false, cancellation: Cancellation);
            annotators.Add(annotator);
            while (await store.Labeling.LeaseNextAsync(annotator, project, cancellation: Cancellation) is { } task)
            {
                store.Clock.Now += TimeSpan.FromMinutes(10);
                if (answer(k, task) is { } answers)
                    await store.Labeling.SubmitAsync(annotator, task.AssignmentId, answers, context?.Invoke(k), Cancellation);
                else
                    await store.Labeling.SkipAsync(annotator, task.AssignmentId, "cannot judge", Cancellation);
            }
        }
        return annotators;
    }

    /// <summary>The text of a completion of a leased task, by its place in the task.</summary>
    public static string Text(LeasedTask task, int index) => LabelingService.Texts(task).Completions[index];
}

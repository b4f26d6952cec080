using Rlhf.Core.Content;
using Rlhf.Storage;
using Rlhf.Storage.Entities;
using Rlhf.Storage.Labeling;

namespace Rlhf.LabelingUi.Tests.Projects;

/// <summary>A project of two policies whose answers are made by hand.</summary>
public static class SampleProject
{
    public const string Hostile = "<script>window.hostile = 1</script><img src=x onerror=window.hostile=1>";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    /// <summary>
    /// Tasks "prompt i" with a completion of "model-a" and one of "model-b"; four annotators, of whom the first three prefer
    /// model-a in four of five tasks, and the last prefers model-b in all. The last task is open: nobody has answered it.
    /// </summary>
    public static async Task<(Guid Project, IReadOnlyList<Guid> Annotators)> AddAsync(
        RlhfDatabase database, int tasks = 10, string name = "helpful answers", bool selfIdentifying = false)
    {
        var labeling = new LabelingService(database);
        var project = await labeling.CreateProjectAsync(name, overlap: 4, guidelines: "# Be fair\n" + Hostile, cancellation: Cancellation);
        await labeling.AddTasksAsync(project, Enumerable.Range(0, tasks).Select(i => Task(i, selfIdentifying && i == 0)),
            cancellation: Cancellation);
        var annotators = new List<Guid>();
        for (int k = 0; k < 4; k++)
        {
            var annotator = await labeling.CreateAnnotatorAsync(simulated: false, cancellation: Cancellation);
            annotators.Add(annotator);
            int answered = 0;
            while (answered < tasks && await labeling.LeaseNextAsync(annotator, project, cancellation: Cancellation) is { } task)
            {
                string prompt = LabelingService.Texts(task).Prompt;
                int number = int.Parse(prompt[(prompt.LastIndexOf(' ') + 1)..]);
                bool prefersA = k < 3 && number % 5 != 4;
                await labeling.SubmitAsync(annotator, task.AssignmentId, Answers.OfRanking(Answer.FromRanks(prefersA ? [1, 2] : [2, 1])),
                    new AnnotationContext(0, 0), Cancellation);
                answered++;
            }
        }
        await labeling.AddTasksAsync(project, [Task(tasks, false)], cancellation: Cancellation);
        return (project, annotators);
    }

    private static NewTask Task(int number, bool says) => new(
        LabelingService.Prompt($"prompt {Hostile} {number}"),
        [
            Completion(says ? "I am ChatGPT, trained by OpenAI." : $"answer a of {number} {Hostile}", "model-a"),
            Completion($"answer b of {number}", "model-b"),
        ]);

    private static NewCompletion Completion(string text, string source) =>
        new([Message.FromText(Message.Assistant, text)]) { SamplingSettings = $$"""{"source":"{{source}}"}""" };
}

using Rlhf.LabelingUi.Features.Quality;
using Rlhf.Storage.Labeling.Reading;

namespace Rlhf.LabelingUi.Features.Projects.Reviewing;

/// <summary>The tasks that a reviewer should look at first.</summary>
internal static class Disputes
{
    /// <summary>
    /// The tasks of a report whose annotators disagree and that nobody has adjudicated, with the beginning of their prompts.
    /// </summary>
    public static async Task<IReadOnlyList<(DisputedTask Task, string Prompt)>> ReadAsync(
        TaskReader tasks, QualityReport? report, int count, CancellationToken cancellation)
    {
        if (report is null)
            return [];
        var adjudicated = await tasks.AdjudicatedAsync([.. report.Disputed.Select(task => task.Task)], cancellation);
        var open = report.Disputed.Where(task => !adjudicated.Contains(task.Task)).Take(count).ToList();
        var prompts = await tasks.PromptsAsync([.. open.Select(task => task.Task)], cancellation);
        return [.. open.Select(task => (task, ProjectPages.Beginning(prompts.GetValueOrDefault(task.Task))))];
    }
}

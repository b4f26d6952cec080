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
        DisputedTask[] open = [.. (await OpenAsync(tasks, report, cancellation)).Take(count)];
        var prompts = await tasks.PromptsAsync([.. open.Select(task => task.Task)], cancellation);
        return [.. open.Select(task => (task, ProjectPages.Beginning(prompts.GetValueOrDefault(task.Task))))];
    }

    /// <summary>
    /// The one that comes after a task, and how many there are besides it; after the last one the first. Null where none is left.
    /// </summary>
    public static async Task<(Guid Task, int Left)?> NextAsync(
        TaskReader tasks, QualityReport? report, Guid task, CancellationToken cancellation)
    {
        Guid[] others = [.. (await OpenAsync(tasks, report, cancellation)).Select(open => open.Task).Where(open => open != task)];
        if (others.Length == 0)
            return null;
        // A task that was decided just now keeps its place in the report.
        var later = report!.Disputed.Select(disputed => disputed.Task).SkipWhile(disputed => disputed != task).Intersect(others);
        return (later.Append(others[0]).First(), others.Length);
    }

    private static async Task<IEnumerable<DisputedTask>> OpenAsync(TaskReader tasks, QualityReport? report, CancellationToken cancellation)
    {
        if (report is null)
            return [];
        var adjudicated = await tasks.AdjudicatedAsync([.. report.Disputed.Select(task => task.Task)], cancellation);
        return report.Disputed.Where(task => !adjudicated.Contains(task.Task));
    }
}

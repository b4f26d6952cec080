using Microsoft.EntityFrameworkCore;
using Rlhf.Core;
using Rlhf.Storage;
using Rlhf.Storage.Entities;

namespace Rlhf.Pipeline.Hub.Work;

/// <summary>What a dataset version needs to know of a labeling project.</summary>
internal static class ProjectRankings
{
    /// <summary>The project of a name or id, and the question whose answers are rankings.</summary>
    /// <exception cref="UserError">There is no such project, or it asks for no ranking.</exception>
    public static async Task<(Guid Project, string Question)> FindAsync(RlhfDatabase database, string nameOrId, CancellationToken stop)
    {
        await using var db = database.OpenReadContext();
        Guid? id = Guid.TryParse(nameOrId, out var parsed) ? parsed : null;
        var project = await db.Projects.Where(p => p.Id == id || p.Name == nameOrId).Select(p => (Guid?)p.Id).FirstOrDefaultAsync(stop)
            ?? throw new UserError($"project: no labeling project has the name or id '{nameOrId}'");
        var questions = await db.ProjectVersions.Where(v => v.ProjectId == project).OrderByDescending(v => v.Number)
            .Select(v => v.Questions).FirstAsync(stop);
        // Several rankings of one task, helpful and harmless say: the first is what the project is about.
        string question = questions.FirstOrDefault(q => q.Kind is QuestionKind.Ranking or QuestionKind.Pairwise)?.Key
            ?? throw new UserError(
                $"project: the labeling project '{nameOrId}' asks for no ranking; a reward model is trained on rankings");
        return (project, question);
    }

    /// <summary>How many people and programs have answered normal tasks.</summary>
    public static async Task<int> AnnotatorsAsync(RlhfDatabase database, Guid project, CancellationToken stop)
    {
        await using var db = database.OpenReadContext();
        return await db.Annotations.Where(a => a.Latest && a.Kind == TaskKind.Normal && a.Erased == null
            && db.Tasks.Any(t => t.Id == a.TaskId && t.ProjectId == project)).Select(a => a.AnnotatorId).Distinct().CountAsync(stop);
    }
}

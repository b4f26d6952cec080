using Microsoft.EntityFrameworkCore;
using Rlhf.Storage.Entities;

namespace Rlhf.Storage.Labeling;

/// <summary>A project that is opened for the candidates of a pipeline.</summary>
/// <param name="Name">Where another project has it already, a number is added.</param>
public sealed record RunProject(string Name, int Overlap, IReadOnlyList<Question> Questions)
{
    /// <summary>Markdown.</summary>
    public string Guidelines { get; init; } = "";

    public ProjectSettings Settings { get; init; } = new();

    /// <summary>Who opens it.</summary>
    public string? CreatedBy { get; init; }
}

/// <summary>Labeling projects that runs of pipelines open. A run has one at most.</summary>
public sealed class RunProjects(RlhfDatabase database, TimeProvider? clock = null)
{
    private readonly TimeProvider _clock = clock ?? TimeProvider.System;

    /// <summary>Opens the project of a run, or finds the one that it has opened before, as it is by now.</summary>
    /// <exception cref="Core.UserError">Questions that nobody could answer, or a setting out of range.</exception>
    public Task<Guid> OpenAsync(Guid run, RunProject wanted, CancellationToken stop) => database.WriteAsync(async db =>
    {
        if (await db.Projects.Where(p => p.RunId == run).Select(p => (Guid?)p.Id).SingleOrDefaultAsync(stop) is { } opened)
            return opened;
        QuestionRules.Check(wanted.Questions);
        SettingsRules.Check(wanted.Settings);
        var now = _clock.GetUtcNow();
        var project = new LabelingProject
        {
            Name = await FreeNameAsync(db, wanted.Name, stop),
            Overlap = wanted.Overlap,
            Settings = wanted.Settings,
            RunId = run,
            CreatedBy = wanted.CreatedBy,
            Created = now,
        };
        project.Versions.Add(
            new LabelingProjectVersion { Questions = wanted.Questions, Guidelines = wanted.Guidelines, Created = now });
        db.Projects.Add(project);
        return project.Id;
    }, stop);

    /// <summary>The projects of earlier runs of one kind in the same pipeline run, in the order of these runs.</summary>
    public async Task<IReadOnlyList<Guid>> OfEarlierRunsAsync(Guid run, CancellationToken stop)
    {
        await using var db = database.OpenReadContext();
        return await (
            from own in db.Runs
            from earlier in db.Runs
            join project in db.Projects on (Guid?)earlier.Id equals project.RunId
            where own.Id == run && own.PipelineRunId != null && earlier.PipelineRunId == own.PipelineRunId && earlier.Kind == own.Kind
                && earlier.Id != run && earlier.State == RunState.Succeeded && earlier.Created <= own.Created
            orderby earlier.Created, earlier.Id
            select project.Id).ToListAsync(stop);
    }

    /// <summary>Closes the project of a run that ends before its end, or opens it again. Inside a transaction.</summary>
    /// <param name="db">The transaction's context.</param>
    /// <param name="run">The run.</param>
    /// <param name="reason">Why it is closed, as annotators read it; null opens it.</param>
    /// <param name="stop">Ends the wait for the database.</param>
    /// <returns>The projects that were changed: one at most.</returns>
    internal static async Task<IReadOnlyList<Guid>> CloseAsync(RlhfDbContext db, Guid run, string? reason, CancellationToken stop)
    {
        var projects = await db.Projects.Where(p => p.RunId == run).ToListAsync(stop);
        foreach (var project in projects)
            project.Settings = project.Settings with { Closed = reason };
        return [.. projects.Select(p => p.Id)];
    }

    private static async Task<string> FreeNameAsync(RlhfDbContext db, string name, CancellationToken stop)
    {
        string free = name;
        for (int number = 2; await db.Projects.AnyAsync(p => p.Name == free, stop); number++)
            free = $"{name} ({number})";
        return free;
    }
}

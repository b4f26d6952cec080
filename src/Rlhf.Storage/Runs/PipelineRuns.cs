using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.EntityFrameworkCore;
using Rlhf.Core;
using Rlhf.Storage.Changes;
using Rlhf.Storage.Entities;
using Rlhf.Storage.Labeling;

namespace Rlhf.Storage.Runs;

/// <summary>
/// Starts, cancels, resumes and looks up pipeline runs. Rows are the truth; the change feed announces
/// changes to the hub's loops and to subscribers.
/// </summary>
public sealed class PipelineRuns(RlhfDatabase database, ChangeFeed changes, TimeProvider clock)
{
    /// <summary>Enters a pipeline run. The hub takes it up.</summary>
    /// <param name="name">The name of the pipeline.</param>
    /// <param name="definition">The resolved pipeline as JSON.</param>
    /// <param name="command">The command that makes the same again, without anything secret.</param>
    /// <param name="createdBy">Who started it.</param>
    /// <param name="stop">Ends the wait for the database.</param>
    public async Task<Guid> StartAsync(string name, string definition, string? command, string? createdBy, CancellationToken stop)
    {
        var row = new PipelineRun
        {
            Name = name,
            Definition = definition,
            State = RunState.Running,
            Created = clock.GetUtcNow(),
            Command = command,
            CreatedBy = createdBy,
        };
        await database.WriteAsync(context =>
        {
            context.PipelineRuns.Add(row);
            return Task.CompletedTask;
        }, stop);
        Tell(row.Id, RunState.Running);
        return row.Id;
    }

    /// <summary>Ends a pipeline run that is under way. False where it has ended already; nothing is changed then.</summary>
    public async Task<bool> EndAsync(Guid id, RunState state, string? reason, CancellationToken stop)
    {
        var now = clock.GetUtcNow();
        int changed = await database.WriteAsync(context => context.PipelineRuns
            .Where(p => p.Id == id && (p.State == RunState.Running || p.State == RunState.Waiting))
            .ExecuteUpdateAsync(set => set.SetProperty(p => p.State, state).SetProperty(p => p.Reason, reason)
                .SetProperty(p => p.Ended, now), stop), stop);
        if (changed > 0)
            Tell(id, state);
        return changed > 0;
    }

    /// <summary>
    /// Cancels a pipeline run and its unfinished run; their executor ends the process at once. The labeling project that it waits for
    /// gives no further tasks. False where it has ended already.
    /// </summary>
    /// <exception cref="UserError">There is no such pipeline run.</exception>
    public Task<bool> CancelAsync(Guid id, string reason, CancellationToken stop) => StopAsync(id, RunState.Cancelled, reason, stop);

    /// <summary>
    /// As <see cref="CancelAsync"/>, with the state that the pipeline run has then: it may fail without a run that failed.
    /// </summary>
    /// <exception cref="UserError">There is no such pipeline run.</exception>
    public async Task<bool> StopAsync(Guid id, RunState state, string reason, CancellationToken stop)
    {
        var closed = await database.WriteAsync(async context =>
        {
            var row = await FindAsync(context, id, stop);
            if (row.State is not (RunState.Running or RunState.Waiting or RunState.Queued))
                return null;
            (row.State, row.Reason, row.Ended) = (state, reason, clock.GetUtcNow());
            var queue = new RunQueue(context, clock);
            var projects = new List<Guid>();
            foreach (var run in await context.Runs.Where(r => r.PipelineRunId == id).Select(r => r.Id).ToListAsync(stop))
            {
                if (await queue.CancelAsync(run, reason))
                    projects.AddRange(await RunProjects.CloseAsync(context, run, $"its pipeline run has ended: {reason}", stop));
            }
            return projects;
        }, stop);
        if (closed is null)
            return false;
        closed.ForEach(TellOfProject);
        Tell(id, state);
        return true;
    }

    /// <summary>
    /// Resumes a pipeline run that failed or was cancelled, at the stage that did not succeed; its labeling project is open again.
    /// False where it is under way or has succeeded.
    /// </summary>
    /// <exception cref="UserError">There is no such pipeline run.</exception>
    public async Task<bool> ResumeAsync(Guid id, CancellationToken stop)
    {
        var opened = await database.WriteAsync(async context =>
        {
            var row = await FindAsync(context, id, stop);
            if (row.State is not (RunState.Failed or RunState.Cancelled or RunState.Lost))
                return null;
            (row.State, row.Reason, row.Ended) = (RunState.Running, null, null);
            var queue = new RunQueue(context, clock);
            var projects = new List<Guid>();
            foreach (var run in await context.Runs.Where(r => r.PipelineRunId == id).Select(r => r.Id).ToListAsync(stop))
            {
                if (await queue.ResumeAsync(run))
                    projects.AddRange(await RunProjects.CloseAsync(context, run, null, stop));
            }
            return projects;
        }, stop);
        if (opened is null)
            return false;
        opened.ForEach(TellOfProject);
        Tell(id, RunState.Running);
        return true;
    }

    /// <summary>One pipeline run with its runs.</summary>
    /// <exception cref="UserError">There is no such pipeline run.</exception>
    public async Task<PipelineStatus> GetAsync(Guid id, CancellationToken stop)
    {
        await using var context = database.OpenReadContext();
        var row = await FindAsync(context, id, stop);
        var runs = await context.Runs.Where(r => r.PipelineRunId == id).ToListAsync(stop);
        return Status(row, runs, await RunLabeling.ReadAsync(context, [.. runs.Select(r => r.Id)], stop), withDefinition: true);
    }

    /// <summary>Pipeline runs, the latest first.</summary>
    /// <param name="maxRows">At most so many.</param>
    /// <param name="unfinishedOnly">Only those that have not ended.</param>
    /// <param name="stop">Ends the wait for the database.</param>
    public async Task<IReadOnlyList<PipelineStatus>> ListAsync(int maxRows, bool unfinishedOnly, CancellationToken stop)
    {
        await using var context = database.OpenReadContext();
        var rows = await context.PipelineRuns
            .Where(p => !unfinishedOnly || p.State == RunState.Running || p.State == RunState.Queued || p.State == RunState.Waiting)
            .OrderByDescending(p => p.Created).ThenByDescending(p => p.Id).Take(maxRows).ToListAsync(stop);
        var ids = rows.Select(p => (Guid?)p.Id).ToArray();
        var runs = (await context.Runs.Where(r => ids.Contains(r.PipelineRunId)).ToListAsync(stop)).ToLookup(r => r.PipelineRunId);
        // Only of those that wait: a list of thousands of runs names no project.
        var labeling = await RunLabeling.ReadAsync(
            context, [.. runs.SelectMany(of => of).Where(r => r.State == RunState.Waiting).Select(r => r.Id)], stop);
        return [.. rows.Select(row => Status(row, runs[row.Id], labeling, withDefinition: false))];
    }

    /// <summary>The pipeline run that a text means: a whole id, the beginning or end of one, or "latest".</summary>
    /// <exception cref="UserError">None, or more than one.</exception>
    public async Task<Guid> ResolveAsync(string text, CancellationToken stop)
    {
        await using var context = database.OpenReadContext();
        if (text.Equals("latest", StringComparison.OrdinalIgnoreCase))
        {
            return await context.PipelineRuns.OrderByDescending(p => p.Created).ThenByDescending(p => p.Id).Select(p => (Guid?)p.Id)
                .FirstOrDefaultAsync(stop)
                ?? throw new UserError("there is no pipeline run in this home folder yet; `rlhf pipeline run FILE` makes one");
        }
        if (Guid.TryParse(text, out var whole))
            return whole;
        var ids = await context.PipelineRuns.Select(p => p.Id).ToListAsync(stop);
        Guid[] fitting = [.. ids.Where(id => id.ToString() is var name && text.Length >= 4
            && (name.StartsWith(text, StringComparison.OrdinalIgnoreCase) || name.EndsWith(text, StringComparison.OrdinalIgnoreCase)))];
        return fitting.Length switch
        {
            1 => fitting[0],
            0 => throw new UserError($"no pipeline run '{text}'; give its id, at least four characters of the id's beginning or end, "
                + "or latest (`rlhf pipeline list` shows them)"),
            _ => throw new UserError(
                $"'{text}' is the beginning or end of {fitting.Length} ids; give more of it: {string.Join(", ", fitting.Take(4))}"),
        };
    }

    private static async Task<PipelineRun> FindAsync(RlhfDbContext context, Guid id, CancellationToken stop) =>
        await context.PipelineRuns.SingleOrDefaultAsync(p => p.Id == id, stop)
            ?? throw new UserError($"no pipeline run {id}; `rlhf pipeline list` shows those of this home folder");

    private static PipelineStatus Status(
        PipelineRun row, IEnumerable<Run> runs, IReadOnlyDictionary<Guid, RunLabeling> labeling, bool withDefinition) => new(
        row.Id, row.Name, row.State, row.Reason, row.Created, row.Ended, withDefinition ? row.Definition : null, row.Command,
        Kinds(row.Definition),
        [.. runs.OrderBy(r => r.Created).ThenBy(r => r.Id)
            .Select(run => RunStatus.Create(run) with { Labeling = labeling.GetValueOrDefault(run.Id) })]);

    private static IReadOnlyList<string> Kinds(string definition)
    {
        try
        {
            return [.. JsonNode.Parse(definition)!["stages"]!.AsArray().Select(stage => stage!["kind"]!.GetValue<string>())];
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or NullReferenceException)
        {
            // A row by another version: its list of stages is not worth failing for.
            return [];
        }
    }

    private void Tell(Guid id, RunState state) => changes.Publish(new Change(
        ChangeTypes.PipelineState, id, null, clock.GetUtcNow(),
        new JsonObject { ["state"] = JsonNamingPolicy.CamelCase.ConvertName(state.ToString()) }));

    private void TellOfProject(Guid project) => changes.Publish(new Change(
        ChangeTypes.LabelingProject, null, null, clock.GetUtcNow(), new JsonObject { ["project"] = project }));
}

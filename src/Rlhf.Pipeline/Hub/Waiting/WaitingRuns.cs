using System.Text.Json.Nodes;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Rlhf.Core;
using Rlhf.Core.Options;
using Rlhf.Definitions;
using Rlhf.Pipeline.Executors;
using Rlhf.Pipeline.Hub.Leases;
using Rlhf.Pipeline.Hub.Watch;
using Rlhf.Pipeline.Runs;
using Rlhf.Storage;
using Rlhf.Storage.Changes;
using Rlhf.Storage.Entities;
using Rlhf.Storage.Labeling;
using Rlhf.Storage.Runs;

namespace Rlhf.Pipeline.Hub.Waiting;

/// <summary>
/// Moves runs that wait for people on: when a submission or a change of their project completes them, when their time is over, and,
/// for what happened while there was no hub, when the hub starts. While runs wait it also looks now and then, because other processes
/// (<c>rlhf import</c>) write beside the hub. Otherwise it sleeps.
/// </summary>
public sealed class WaitingRuns(
    RlhfDatabase database, RunLedger ledger, PipelineRuns pipelineRuns, StoppingRules rules, LabelingService labeling, ChangeFeed changes,
    HubSettings settings, TimeProvider clock, ILogger<WaitingRuns> logger) : BackgroundService
{
    private static readonly TimeSpan LongestSleep = TimeSpan.FromDays(1);
    private static readonly TimeSpan LookAgain = TimeSpan.FromSeconds(10);

    private readonly RepeatedFault _fault = new(logger, clock);
    private readonly LookSignal _signal = new();
    private volatile HashSet<Guid> _projects = [];

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        // From here on no change is missed; what was before, the first look finds in the rows.
        var listening = ListenAsync(changes.Latest, stoppingToken);
        while (!stoppingToken.IsCancellationRequested)
        {
            var sleep = LookAgain;
            try
            {
                sleep = await LookAsync(stoppingToken);
            }
            catch (Exception e) when (e is not OperationCanceledException)
            {
                _fault.Log(e, "Runs that wait for people could not be looked at");
            }
            await _signal.WaitAsync(sleep, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
        await listening.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    public override void Dispose()
    {
        _signal.Dispose();
        base.Dispose();
    }

    private async Task ListenAsync(long after, CancellationToken stop)
    {
        await foreach (var change in changes.SubscribeAsync(after, stop))
        {
            if (Concerns(change))
                _signal.Set();
        }
    }

    private bool Concerns(Change change) => change.Type switch
    {
        ChangeTypes.LabelingSubmission or ChangeTypes.LabelingProject =>
            change.Payload["project"] is JsonValue value && value.TryGetValue(out Guid project) && _projects.Contains(project),
        // A run that has begun to wait just now may be complete already.
        ChangeTypes.RunState => change.Payload["state"]?.ToString() == "waiting",
        ChangeTypes.CatchUp => true,
        _ => false,
    };

    /// <summary>Looks at every run that waits. Returns how long nothing can happen without a change.</summary>
    private async Task<TimeSpan> LookAsync(CancellationToken stop)
    {
        var waiting = await ReadAsync(stop);
        _projects = [.. waiting.Select(run => run.Project)];
        DateTimeOffset? next = null;
        foreach (var run in waiting)
        {
            var end = await LookAtAsync(run, stop);
            if (end is not null && !(next <= end))
                next = end;
        }
        var longest = _projects.Count > 0 ? TimeSpan.FromSeconds(settings.WaitSeconds) : LongestSleep;
        var sleep = next is { } time ? time - clock.GetUtcNow() : longest;
        return sleep < TimeSpan.Zero ? TimeSpan.Zero : sleep < longest ? sleep + TimeSpan.FromMilliseconds(1) : longest;
    }

    /// <summary>Moves a run on, or says how far it is. Returns when it must be looked at again at the latest; null for never.</summary>
    private async Task<DateTimeOffset?> LookAtAsync(WaitingRun run, CancellationToken stop)
    {
        try
        {
            if (await rules.EndedByAsync(run.Project, run.Until, stop) is not null)
            {
                await ledger.ContinueAsync(run.Id, stop);
                return null;
            }
            await PublishProgressAsync(run, stop);
            return await rules.EndsAtAsync(run.Project, run.Until, stop);
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            // The others do not wait for it.
            _fault.Log(e, $"Run {run.Id}, which waits for people, could not be looked at");
            return clock.GetUtcNow() + LookAgain;
        }
    }

    private async Task<IReadOnlyList<WaitingRun>> ReadAsync(CancellationToken stop)
    {
        await using var db = database.OpenReadContext();
        var rows = await (
            from r in db.Runs
            join p in db.Projects on (Guid?)r.Id equals p.RunId
            where r.State == RunState.Waiting && r.Kind == RunKinds.Label
            orderby r.Created
            select new { r.Id, r.PipelineRunId, r.Options, Project = p.Id }).ToListAsync(stop);
        var waiting = new List<WaitingRun>();
        foreach (var row in rows)
        {
            try
            {
                var options = OptionsJson.Read<LabelOptions>(row.Options, $"run {row.Id}");
                waiting.Add(new WaitingRun(row.Id, row.PipelineRunId, row.Project, options.Until));
            }
            catch (UserError e) when (row.PipelineRunId is not null)
            {
                // Another version wrote it: nobody can say what it waits for.
                await pipelineRuns.StopAsync(row.PipelineRunId.Value, RunState.Failed, e.Message, stop);
            }
        }
        return waiting;
    }

    private async Task PublishProgressAsync(WaitingRun run, CancellationToken stop)
    {
        var progress = await labeling.ProgressAsync(run.Project, stop);
        long wanted = run.Until.Annotations > 0 ? Math.Min(run.Until.Annotations, progress.Wanted) : progress.Wanted;
        changes.Publish(new Change(ChangeTypes.RunProgress, run.PipelineRunId, run.Id, clock.GetUtcNow(), new JsonObject
        {
            ["kind"] = RunKinds.Label,
            ["phase"] = "answers by people",
            ["done"] = progress.Annotations,
            ["total"] = wanted,
            ["tokensPerSecond"] = 0,
        }));
    }

    private sealed record WaitingRun(Guid Id, Guid? PipelineRunId, Guid Project, LabelUntilOptions Until);

    private sealed class LookSignal : Signal;
}

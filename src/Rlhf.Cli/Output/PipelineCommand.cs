using System.Runtime.InteropServices;
using Rlhf.Cli.Hosting;
using Rlhf.Core;
using Rlhf.Definitions.Pipelines;
using Rlhf.Pipeline.Hub.Bus;
using Rlhf.Pipeline.Hub.Pipelines;
using Rlhf.Pipeline.Reports;
using Rlhf.Pipeline.Runs;
using Rlhf.Pipeline.Stages;
using Rlhf.Storage;
using Rlhf.Storage.Changes;
using Rlhf.Storage.Entities;
using Rlhf.Storage.Runs;

namespace Rlhf.Cli.Output;

/// <summary>Runs a pipeline from the command line and follows it: progress, summary, report.</summary>
internal static class PipelineCommand
{
    /// <param name="pipeline">What to run.</param>
    /// <param name="home">The home folder.</param>
    /// <param name="bus">A broker, null for none.</param>
    /// <param name="json">Whether the last line on standard output is to be one JSON object.</param>
    /// <param name="stop">Ctrl+C.</param>
    /// <exception cref="UserError">An input was refused; the message says at which stage and why.</exception>
    /// <exception cref="RunFailedException">A run's process broke or was killed, or its training diverged.</exception>
    public static async Task<PipelineSummary> RunAsync(PipelineFile pipeline, Home home, BusAddress? bus, bool json, CancellationToken stop)
    {
        await using var hub = await HubConnection.OpenAsync(home, bus, stop);
        var id = await hub.Client.StartAsync(pipeline.ToJson(), ReproduceCommand.Text(), stop);
        if (!hub.IsOwn)
            await Console.Error.WriteLineAsync(
                $"pipeline run {id} is handed to the hub at {hub.Client.Address.Url} (process {hub.Client.Address.ProcessId})");
        var status = await FollowAsync(hub, id, json, stop);
        var summary = Finish(status, pipeline, home, json);
        if (hub.IsOwn)
            await WaitForOthersAsync(hub.Client, stop);
        return summary;
    }

    /// <summary>Follows a pipeline run of a running hub to its end.</summary>
    public static async Task<PipelineSummary> FollowAsync(
        HubConnection hub, PipelineStatus status, Home home, bool json, CancellationToken stop)
    {
        var pipeline = PipelineFile.FromJson(status.Definition!, StageTable.Catalog.Options, $"pipeline run {status.Id}");
        return Finish(status.HasEnded ? status : await FollowAsync(hub, status.Id, json, stop), pipeline, home, json);
    }

    private static async Task<PipelineStatus> FollowAsync(HubConnection hub, Guid id, bool json, CancellationToken stop)
    {
        bool terminated = false;
        using var term = PosixSignalRegistration.Create(PosixSignal.SIGTERM, _ => terminated = true);
        using var readerGone = new CancellationTokenSource();
        using var end = CancellationTokenSource.CreateLinkedTokenSource(
            stop, hub.Database?.Broken ?? CancellationToken.None, readerGone.Token);
        using var over = new CancellationTokenSource();
        // A hub of our own does its work to the end, whoever reads; but it does not stay to wait for people.
        var watching = CancelWhenAsync(
            OutputReader.GoneAsync(async () => !hub.IsOwn || await IsWaitingAsync(hub.Client, id), over.Token), readerGone);
        try
        {
            var before = await hub.Client.GetAsync(id.ToString(), stop);
            using var display = ProgressDisplay.Create(before, toStandardError: json);
            var told = await TellOfWaitingAsync(before, null, hub, display, end.Token);
            await foreach (var (change, now) in hub.Client.FollowAsync(id, end.Token))
            {
                if (now is { HasEnded: true })
                    return now;
                var status = change?.Type == ChangeTypes.RunState && IsWaiting(change)
                    ? await hub.Client.GetAsync(id.ToString(), end.Token)
                    : now;
                if (status is not null)
                    told = await TellOfWaitingAsync(status, told, hub, display, end.Token);
                // A hub of our own has written it to its log, which is shown here too.
                if (change is { Type: ChangeTypes.HubNotice } && !hub.IsOwn)
                    display.Note(change.Payload["text"]!.GetValue<string>());
                if (change is not null)
                    display.Report(change);
            }
            throw new InvalidOperationException("the hub's answer ended without a state");
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // SIGTERM ends processes when a machine goes down: the next hub goes on with the run. Ctrl+C means that it is not wanted.
            // People who rank must not lose their project to the end of a command.
            if (hub.IsOwn && (terminated || await IsWaitingAsync(hub.Client, id)))
                await Console.Error.WriteLineAsync(
                    $"pipeline run {id} goes on with the next hub of this home folder: rlhf serve, or any pipeline command");
            else if (hub.IsOwn)
                await hub.Client.CancelAsync(id.ToString(), "cancelled with Ctrl+C", CancellationToken.None);
            else
                await Console.Error.WriteLineAsync(
                    $"pipeline run {id} goes on; look at it: rlhf pipeline status {id}; cancel it: rlhf pipeline cancel {id}");
            throw;
        }
        catch (OperationCanceledException) when (readerGone.IsCancellationRequested)
        {
            throw new ReaderGoneException($"nobody reads standard output any longer; pipeline run {id} goes on"
                + (hub.IsOwn ? " with the next hub of this home folder" : ""));
        }
        catch (OperationCanceledException) when (hub.Database?.Reason is { } reason)
        {
            throw new RunFailedException(
                $"{reason}; pipeline run {id} goes on with the next hub of this home folder: rlhf serve, or any pipeline command");
        }
        catch (OutputFailedException e) when (hub.IsOwn)
        {
            // The command fails, so that the next one must not go on with what it started.
            await TryCancelAsync(hub.Client, id, e.Message);
            throw;
        }
        finally
        {
            await over.CancelAsync();
            await watching;
        }
    }

    /// <summary>Cancels a token when something has happened; not when it failed or was cancelled itself.</summary>
    private static async Task CancelWhenAsync(Task happened, CancellationTokenSource token)
    {
        await happened.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (happened.IsCompletedSuccessfully)
            await token.CancelAsync();
    }

    /// <summary>Says once for each run that waits for people where they rank. Returns the run that was told of.</summary>
    private static async Task<Guid?> TellOfWaitingAsync(
        PipelineStatus status, Guid? told, HubConnection hub, ProgressDisplay display, CancellationToken stop)
    {
        if (status.Runs is not [.., { State: RunState.Waiting, Labeling: { } labeling } run] || run.Id == told)
            return told;
        display.Note($"{run.Kind}: waits for people: {PipelineStatusOutput.Waiting(labeling, hub.Client.Address.Url)}");
        if (await hub.FirstAdminAsync($"/label/{labeling.ProjectId}", stop) is { } link)
            display.Note(link);
        return run.Id;
    }

    private static async Task<bool> IsWaitingAsync(HubClient hub, Guid id) =>
        await hub.GetAsync(id.ToString(), CancellationToken.None) is { State: RunState.Waiting };

    private static bool IsWaiting(Change change) => change.Payload["state"]?.GetValue<string>() == "waiting";

    /// <summary>The database may lie on the same full disk; this failure is not reported again.</summary>
    private static async Task TryCancelAsync(HubClient client, Guid id, string reason)
    {
        try
        {
            await client.CancelAsync(id.ToString(), reason, CancellationToken.None);
        }
        catch (UserError e)
        {
            await Console.Error.WriteLineAsync(
                $"pipeline run {id} could not be cancelled and goes on with the next hub of this home folder: {e.Message}");
        }
    }

    private static PipelineSummary Finish(PipelineStatus status, PipelineFile pipeline, Home home, bool json)
    {
        if (status.State != RunState.Succeeded)
            throw Failure(status, home);
        var outcome = PipelineOutcome.Create(status, pipeline);
        string report = home.Report(status.Id);
        var summary = PipelineSummary.Create(outcome, home) with { Report = File.Exists(report) ? report : null };
        if (json)
            Console.Out.WriteLine(summary.ToJson());
        else
            SummaryTable.Write(summary, outcome);
        return summary;
    }

    private static Exception Failure(PipelineStatus status, Home home)
    {
        string reason = status.Reason ?? "the pipeline run failed";
        if (status.State == RunState.Cancelled)
            return new RunFailedException($"pipeline run {status.Id} was cancelled: {reason}");
        var last = status.Runs is [.., var latest] ? latest : null;
        return last is null or { FailureKind: FailureKind.Refused } ? new UserError(reason)
            : new RunFailedException($"{reason} (log: {Log(last, home)})");
    }

    /// <summary>
    /// A hub stays for the pipeline runs that others handed to it, or that an earlier hub left unfinished; not for those that wait for
    /// people, which may take weeks.
    /// </summary>
    private static async Task WaitForOthersAsync(HubClient client, CancellationToken stop)
    {
        bool told = false;
        while (await client.ListAsync(1000, unfinished: true, stop) is var unfinished
            && unfinished.Where(run => run.State != RunState.Waiting).ToList() is { Count: > 0 } others)
        {
            if (!told)
            {
                string goOn = others.Count == 1 ? "run goes" : "runs go";
                await Console.Error.WriteLineAsync(
                    $"{others.Count} other pipeline {goOn} on in this process; Ctrl+C leaves the rest to the next hub of this home folder");
                told = true;
            }
            await Task.Delay(TimeSpan.FromSeconds(1), stop);
        }
    }

    private static string Log(RunStatus run, Home home) => new RunFolder(home.RunFolder(run.Id)).Attempt(Math.Max(1, run.Attempt)).LogFile;
}

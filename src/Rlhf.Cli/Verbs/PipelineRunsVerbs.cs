using System.CommandLine;
using Rlhf.Cli.Hosting;
using Rlhf.Cli.Output;
using Rlhf.Pipeline.Hub;
using Rlhf.Storage;
using Rlhf.Storage.Runs;

namespace Rlhf.Cli.Verbs;

/// <summary>
/// The verbs for pipeline runs that exist. They talk to the hub of the home folder; if none is running, listing reads the database,
/// cancelling changes its rows, and resuming and following execute the run in this process.
/// </summary>
internal static class PipelineRunsVerbs
{
    private const int ListedRows = 50;

    public static Command List()
    {
        var (home, json) = (PipelineOptions.Home(), PipelineOptions.Json());
        var all = new Option<bool>("--all") { Description = $"Every pipeline run, not only the latest {ListedRows}." };
        var command = new Command("list", "Lists the pipeline runs of the home folder, the latest first.") { home, all, json };
        command.SetAction(async (parse, stop) =>
        {
            await using var source = await OpenAsync(parse.OpenHome(home), stop);
            PipelineStatusOutput.WriteList(await source.ListAsync(parse.GetValue(all) ? int.MaxValue : ListedRows, stop),
                parse.GetValue(json));
            return CommandLine.Success;
        });
        return command;
    }

    public static Command Status()
    {
        var (id, home, json) = (Id(), PipelineOptions.Home(), PipelineOptions.Json());
        var command = new Command("status", "Shows one pipeline run: its stages, their states and reasons.") { id, home, json };
        command.SetAction(async (parse, stop) =>
        {
            await using var source = await OpenAsync(parse.OpenHome(home), stop);
            PipelineStatusOutput.Write(await source.GetAsync(parse.GetRequiredValue(id), stop), parse.GetValue(json), source.Address);
            return CommandLine.Success;
        });
        return command;
    }

    public static Command Cancel()
    {
        var (id, home, json) = (Id(), PipelineOptions.Home(), PipelineOptions.Json());
        var command = new Command("cancel", "Cancels a pipeline run; the process of its run is ended.") { id, home, json };
        command.SetAction(async (parse, stop) =>
        {
            await using var source = await OpenAsync(parse.OpenHome(home), stop);
            PipelineStatusOutput.Write(
                await source.CancelAsync(parse.GetRequiredValue(id), stop), parse.GetValue(json), source.Address);
            return CommandLine.Success;
        });
        return command;
    }

    public static Command Follow()
    {
        var (id, home, bus, json) = (Id(), PipelineOptions.Home(), PipelineOptions.Bus(), PipelineOptions.Json());
        var command = new Command("follow", "Follows a pipeline run to its end. Ctrl+C leaves it going where a hub runs it.")
        {
            id, home, bus, json,
        };
        command.SetAction(async (parse, stop) =>
        {
            var folder = parse.OpenHome(home);
            await using var hub = await HubConnection.OpenAsync(folder, parse.Address(bus), stop);
            await PipelineCommand.FollowAsync(hub, await hub.Client.GetAsync(parse.GetRequiredValue(id), stop), folder,
                parse.GetValue(json), stop);
            return CommandLine.Success;
        });
        return command;
    }

    public static Command Resume()
    {
        var (id, home, bus, json) = (Id(), PipelineOptions.Home(), PipelineOptions.Bus(), PipelineOptions.Json());
        var command = new Command(
            "resume", "Takes up a pipeline run that failed or was cancelled, at the stage that did not succeed, and follows it.")
        {
            id, home, bus, json,
        };
        command.SetAction(async (parse, stop) =>
        {
            var folder = parse.OpenHome(home);
            await using var hub = await HubConnection.OpenAsync(folder, parse.Address(bus), stop);
            await PipelineCommand.FollowAsync(hub, await hub.Client.ResumeAsync(parse.GetRequiredValue(id), stop), folder,
                parse.GetValue(json), stop);
            return CommandLine.Success;
        });
        return command;
    }

    private static Argument<string> Id() => new("ID")
    {
        Description = "A pipeline run: its id, at least four characters of the id's beginning or end, or latest.",
        DefaultValueFactory = _ => "latest",
    };

    private static async Task<RunsSource> OpenAsync(Home home, CancellationToken stop)
    {
        if (await HubConnection.TryConnectAsync(home, stop) is { } client)
            return new RunsSource(client, null, null);
        using var homeLock = HomeLock.TryTake(home)
            ?? throw new Core.UserError($"{home.Root}: a hub is starting or ending there; try again in a moment");
        var database = await RlhfDatabase.OpenAsync(home.Database, stop);
        return new RunsSource(null, database,
            new PipelineRuns(database, new Storage.Changes.ChangeFeed(TimeProvider.System), TimeProvider.System));
    }

    /// <summary>The running hub, or the rows where there is none.</summary>
    private sealed record RunsSource(HubClient? Client, RlhfDatabase? Database, PipelineRuns? Rows) : IAsyncDisposable
    {
        /// <summary>Where the running hub has its pages; null where there is none.</summary>
        public string? Address => Client?.Address.Url;

        public Task<IReadOnlyList<PipelineStatus>> ListAsync(int most, CancellationToken stop) =>
            Client?.ListAsync(most, unfinished: false, stop) ?? Rows!.ListAsync(most, unfinishedOnly: false, stop);

        public async Task<PipelineStatus> GetAsync(string id, CancellationToken stop) =>
            Client is not null ? await Client.GetAsync(id, stop) : await Rows!.GetAsync(await Rows.ResolveAsync(id, stop), stop);

        public async Task<PipelineStatus> CancelAsync(string id, CancellationToken stop)
        {
            const string reason = "cancelled with rlhf pipeline cancel";
            if (Client is not null)
                return await Client.CancelAsync(id, reason, stop);
            var run = await Rows!.ResolveAsync(id, stop);
            if (!await Rows.CancelAsync(run, reason, stop))
                throw new Core.UserError($"pipeline run {run} has ended already: there is nothing to cancel");
            return await Rows.GetAsync(run, stop);
        }

        public ValueTask DisposeAsync()
        {
            Client?.Dispose();
            Database?.Dispose();
            return ValueTask.CompletedTask;
        }
    }
}

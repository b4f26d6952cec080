using Microsoft.Extensions.DependencyInjection;
using Rlhf.Core;
using Rlhf.Pipeline.Hub;
using Rlhf.Pipeline.Hub.Bus;
using Rlhf.Pipeline.Hub.Watch;
using Rlhf.Storage;

namespace Rlhf.Cli.Hosting;

/// <summary>The hub that a command talks to: the one that runs on this home folder already, or else one in this process.</summary>
internal sealed class HubConnection : IAsyncDisposable
{
    private static readonly TimeSpan StartingHub = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan LookAgain = TimeSpan.FromMilliseconds(250);

    private readonly HubHost? _own;

    private HubConnection(HubClient client, HubHost? own) => (Client, _own) = (client, own);

    public HubClient Client { get; }

    /// <summary>Whether the hub ends with this command.</summary>
    public bool IsOwn => _own is not null;

    /// <summary>Whether the database of the command's own hub can be written; null where the hub is another process.</summary>
    public DatabaseWatch? Database => _own?.Application.Services.GetRequiredService<DatabaseWatch>();

    /// <summary>The link that makes the first administrator; null where there is one, or where the hub is another process.</summary>
    /// <param name="then">The address that the browser goes on to.</param>
    /// <param name="stop">Ends the waiting.</param>
    public async Task<string?> FirstAdminAsync(string then, CancellationToken stop) =>
        _own is null ? null : await FirstAdminLink.TextAsync(_own.Application, _own.Address.Url, then, stop);

    /// <summary>The hub that runs, or a new one for the time of this command.</summary>
    /// <exception cref="UserError">Neither can be had.</exception>
    public static async Task<HubConnection> OpenAsync(Home home, BusAddress? broker, CancellationToken stop)
    {
        long started = Environment.TickCount64;
        while (true)
        {
            if (HomeLock.TryTake(home) is { } homeLock)
            {
                var host = await HubHost.StartAsync(home, homeLock, HubHostOptions.ForCommand(broker), stop);
                return new HubConnection(new HubClient(host.Address), host);
            }
            // The other hub may be starting (no file yet) or ending (the lock will be free).
            if (await TryConnectAsync(home, stop) is { } client)
                return new HubConnection(client, null);
            if (Environment.TickCount64 - started > StartingHub.TotalMilliseconds)
                throw Silent(home);
            await Task.Delay(LookAgain, stop);
        }
    }

    /// <summary>The hub that runs on this home folder; null where none does.</summary>
    public static async Task<HubClient?> TryConnectAsync(Home home, CancellationToken stop)
    {
        if (HubAddressFile.TryRead(home) is not { } address)
            return null;
        var client = new HubClient(address);
        if (await client.AnswersAsync(stop))
            return client;
        client.Dispose();
        return null;
    }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        if (_own is not null)
            await _own.DisposeAsync();
    }

    private static UserError Silent(Home home) => new(
        $"{home.Root}: another rlhf holds this home folder and does not answer"
        + (HubAddressFile.TryRead(home) is { } file ? $" at {file.Url} (process {file.ProcessId})" : "")
        + "; end it, or give another folder with --home");
}

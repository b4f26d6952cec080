using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Rlhf.Core;
using Rlhf.LabelingUi;
using Rlhf.LabelingUi.Features.Runs;
using Rlhf.Pipeline.Hub;
using Rlhf.Pipeline.Hub.Bus;
using Rlhf.Pipeline.Runs;
using Rlhf.Pipeline.Stages;
using Rlhf.Storage;

namespace Rlhf.Cli.Hosting;

/// <summary>How a hub is started.</summary>
/// <param name="Urls">Where the pages and the API listen.</param>
/// <param name="Broker">Where workers are; null keeps messages in this process.</param>
/// <param name="Executes">Whether this process starts the processes of runs itself.</param>
/// <param name="LogLevel">From which level on messages go to standard error.</param>
/// <param name="BehindProxy">Whether the X-Forwarded headers of a proxy are believed.</param>
internal sealed record HubHostOptions(
    string Urls, BusAddress? Broker, bool Executes, LogLevel LogLevel = LogLevel.Warning, bool BehindProxy = false)
{
    /// <summary>A hub for the time of one command: an address of its own on this machine.</summary>
    public static HubHostOptions ForCommand(BusAddress? broker) => new("http://127.0.0.1:0", broker, Executes: broker is null);
}

/// <summary>The hub of a home folder in this process: pages, API, bus, stages and, unless workers do it, an executor.</summary>
internal sealed class HubHost : IAsyncDisposable
{
    private readonly IDisposable _lock;
    private readonly RlhfDatabase _database;
    private readonly Home _home;

    private HubHost(Home home, IDisposable homeLock, RlhfDatabase database, WebApplication application, HubAddressFile address)
    {
        (_home, _lock, _database, Application, Address) = (home, homeLock, database, application, address);
    }

    public WebApplication Application { get; }

    public HubAddressFile Address { get; }

    /// <summary>Starts the hub.</summary>
    /// <param name="home">The home folder.</param>
    /// <param name="homeLock">Its lock, which the hub then owns.</param>
    /// <param name="options">How.</param>
    /// <param name="stop">Ends the start.</param>
    /// <exception cref="UserError">An address cannot be had, the broker does not answer, or the database cannot be opened.</exception>
    public static async Task<HubHost> StartAsync(Home home, IDisposable homeLock, HubHostOptions options, CancellationToken stop)
    {
        RlhfDatabase? database = null;
        WebApplication? application = null;
        bool started = false;
        try
        {
            LabelingServer.EnsureFree(options.Urls);
            if (options.Broker is { } broker)
                await BrokerConnection.WaitAsync(broker, stop);
            database = await RlhfDatabase.OpenAsync(home.Database, stop);
            string token = HubAddressFile.NewToken();
            var web = new WebSettings { Addresses = options.Urls, BehindProxy = options.BehindProxy, LogLevel = options.LogLevel };
            application = LabelingServer.Build(home, database, web, builder =>
            {
                builder.Logging.AddHubLogging(options.LogLevel);
                // Why a start fails is reported once, by the exception; the host would log it again for each service that it stops.
                builder.Logging.AddFilter("Microsoft.Extensions.Hosting", level => Volatile.Read(ref started) && level >= LogLevel.Warning);
                builder.Services.Configure<HostOptions>(o => o.ShutdownTimeout = TimeSpan.FromSeconds(20));
                builder.Services.AddPipelineHub(home, database, options.Broker, options.Executes ? ChildCommand.ThisProgram() : null);
                builder.Services.AddSingleton(StageTable.Catalog);
                builder.Services.AddSingleton(new HubToken(token));
            });
            await StartAsync(application, options.Broker, stop);
            Volatile.Write(ref started, true);
            var address = HubAddressFile.Of(application.Urls, token);
            address.Write(home);
            return new HubHost(home, homeLock, database, application, address);
        }
        catch
        {
            if (application is not null)
                await application.DisposeAsync();
            database?.Dispose();
            homeLock.Dispose();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        File.Delete(_home.HubAddress);
        await Application.StopAsync(CancellationToken.None);
        await Application.DisposeAsync();
        _database.Dispose();
        _lock.Dispose();
    }

    private static async Task StartAsync(WebApplication application, BusAddress? broker, CancellationToken stop)
    {
        try
        {
            await LabelingServer.StartAsync(application, stop);
        }
        catch (Exception e) when (broker is not null && e is not UserError && !stop.IsCancellationRequested)
        {
            throw BusFailure.Explain(broker, e);
        }
    }
}

using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Rlhf.Storage;
using Rlhf.Storage.Changes;
using Rlhf.Testing;

namespace Rlhf.LabelingUi.Tests;

/// <summary>A home folder with its database, served by Kestrel on a free port.</summary>
public sealed class ServedHome : IAsyncDisposable
{
    private readonly TemporaryFolder _folder;
    private readonly WebApplication _app;

    private ServedHome(TemporaryFolder folder, Home home, RlhfDatabase database, WebApplication app)
    {
        _folder = folder;
        Home = home;
        Database = database;
        _app = app;
        Client = new HttpClient { BaseAddress = new Uri(app.Urls.Single()) };
    }

    public Home Home { get; }

    public RlhfDatabase Database { get; }

    public HttpClient Client { get; }

    public IServiceProvider Services => _app.Services;

    public ChangeFeed Feed => _app.Services.GetRequiredService<ChangeFeed>();

    /// <summary>Stops the server as Ctrl+C does.</summary>
    public Task StopAsync(CancellationToken cancellation) => _app.StopAsync(cancellation);

    public static Task<ServedHome> StartAsync() => StartAsync(new WebSettings());

    /// <param name="settings">Other than where it listens.</param>
    /// <param name="configure">What a program adds to the services and the log.</param>
    /// <param name="map">What a program adds to the endpoints.</param>
    public static async Task<ServedHome> StartAsync(
        WebSettings settings, Action<WebApplicationBuilder>? configure = null, Action<WebApplication>? map = null)
    {
        var folder = new TemporaryFolder();
        var home = Home.Open(folder.Path);
        var database = await RlhfDatabase.OpenAsync(home.Database, TestContext.Current.CancellationToken);
        var app = LabelingServer.Build(home, database, settings with { Addresses = "http://127.0.0.1:0" }, configure);
        map?.Invoke(app);
        await LabelingServer.StartAsync(app, TestContext.Current.CancellationToken);
        return new ServedHome(folder, home, database, app);
    }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await _app.DisposeAsync();
        Database.Dispose();
        _folder.Dispose();
    }
}

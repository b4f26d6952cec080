using System.Net;
using System.Net.Http.Headers;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Identity;
using Microsoft.Extensions.DependencyInjection;
using Rlhf.LabelingUi.Features.Account.Access;
using Rlhf.LabelingUi.Features.Account.Tokens;
using Rlhf.LabelingUi.Features.Account.Users;
using Rlhf.LabelingUi.Features.Quality;
using Rlhf.Storage;
using Rlhf.Storage.Changes;
using Rlhf.Testing;

namespace Rlhf.LabelingUi.Tests;

/// <summary>A home folder with its database and one administrator, served by Kestrel on a free port.</summary>
public sealed class ServedHome : IAsyncDisposable
{
    private const string Password = "a password of the tests";

    private readonly TemporaryFolder _folder;
    private readonly WebApplication _app;
    private readonly List<IDisposable> _opened = [];
    private TestUser? _admin;
    private int _users;

    private ServedHome(TemporaryFolder folder, Home home, RlhfDatabase database, WebApplication app)
    {
        (_folder, Home, Database, _app) = (folder, home, database, app);
        Client = new HttpClient { BaseAddress = new Uri(app.Urls.Single()) };
    }

    public Home Home { get; }

    public RlhfDatabase Database { get; }

    /// <summary>Signed in as <see cref="Admin"/>, by token.</summary>
    public HttpClient Client { get; }

    public TestUser Admin => _admin ?? throw new InvalidOperationException("the server was started without accounts");

    public IServiceProvider Services => _app.Services;

    public ChangeFeed Feed => _app.Services.GetRequiredService<ChangeFeed>();

    /// <summary>Stops the server as Ctrl+C does.</summary>
    public Task StopAsync(CancellationToken cancellation) => _app.StopAsync(cancellation);

    public static Task<ServedHome> StartAsync() => StartAsync(new WebSettings());

    /// <param name="settings">Other than where it listens.</param>
    /// <param name="configure">What a program adds to the services and the log.</param>
    /// <param name="map">What a program adds to the endpoints.</param>
    /// <param name="withAdmin">Whether there is an account to begin with.</param>
    public static async Task<ServedHome> StartAsync(
        WebSettings settings, Action<WebApplicationBuilder>? configure = null, Action<WebApplication>? map = null, bool withAdmin = true)
    {
        var folder = new TemporaryFolder();
        var home = Home.Open(folder.Path);
        await EmptyDatabases.WriteToAsync(home);
        var database = await RlhfDatabase.OpenAsync(home.Database, TestContext.Current.CancellationToken);
        var app = LabelingServer.Build(home, database, settings with { Addresses = "http://127.0.0.1:0" }, builder =>
        {
            // Slow on purpose where guesses are to be slow.
            builder.Services.Configure<PasswordHasherOptions>(options => options.IterationCount = 100);
            configure?.Invoke(builder);
        });
        map?.Invoke(app);
        await LabelingServer.StartAsync(app, TestContext.Current.CancellationToken);
        var served = new ServedHome(folder, home, database, app);
        if (withAdmin)
        {
            served._admin = await served.AddUserAsync(AccountRole.Admin, "admin");
            served.Client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", served.Admin.Token);
        }
        return served;
    }

    /// <summary>Returns once the quality of a project is computed from all its answers: a page waits only a while for it.</summary>
    public async Task ComputeQualityAsync(Guid project)
    {
        var quality = Services.GetRequiredService<ProjectQuality>();
        while ((await quality.GetAsync(project, TestContext.Current.CancellationToken)).IsUpdating)
            await Task.Yield();
    }

    /// <summary>Adds an account with a password and a token.</summary>
    public async Task<TestUser> AddUserAsync(AccountRole role, string? name = null)
    {
        name ??= $"{role.ApiName()}-{Interlocked.Increment(ref _users)}";
        await using var scope = _app.Services.CreateAsyncScope();
        var account = await scope.ServiceProvider.GetRequiredService<Accounts>()
            .AddAsync(name, role, Password, TestContext.Current.CancellationToken);
        var token = await scope.ServiceProvider.GetRequiredService<ApiTokens>()
            .CreateAsync(account.Id, "tests", days: null, TestContext.Current.CancellationToken);
        var client = NewClient();
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token.Token);
        return new TestUser(name, Password, role, account.Id, account.AnnotatorId, token.Token, client);
    }

    /// <summary>A client that is not signed in and follows no redirects.</summary>
    public HttpClient NewClient() =>
        Keep(new HttpClient(new HttpClientHandler { AllowAutoRedirect = false, UseCookies = false }) { BaseAddress = Client.BaseAddress });

    /// <summary>A browser that is not signed in.</summary>
    public BrowserSession NewBrowser() => Keep(new BrowserSession(Client.BaseAddress!));

    /// <summary>A browser that has signed in by the form.</summary>
    public async Task<BrowserSession> SignInAsync(TestUser user)
    {
        var browser = NewBrowser();
        using var answer = await browser.SignInAsync(user.Name, user.Password, TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.Found, answer.StatusCode);
        return browser;
    }

    public async ValueTask DisposeAsync()
    {
        _opened.ForEach(opened => opened.Dispose());
        Client.Dispose();
        await _app.DisposeAsync();
        Database.Dispose();
        _folder.Dispose();
    }

    private T Keep<T>(T opened) where T : IDisposable
    {
        _opened.Add(opened);
        return opened;
    }
}

using System.Globalization;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Playwright;
using Rlhf.EndToEnd.Tests.Browser;
using Rlhf.LabelingUi.Features.Account.Access;
using Rlhf.LabelingUi.Tests;
using Rlhf.Storage.Entities;
using Rlhf.Storage.Labeling;

namespace Rlhf.EndToEnd.Tests.Labeling;

/// <summary>A project to label: tasks "prompt i" of the completions "a i", "b i" … unless others are given.</summary>
public sealed record SampleProject
{
    public int Tasks { get; init; } = 4;

    public int Completions { get; init; } = 4;

    public int Overlap { get; init; } = 1;

    public string Guidelines { get; init; } = "";

    public IReadOnlyList<Question> Questions { get; init; } = [Question.DefaultRanking];

    public ProjectSettings Settings { get; init; } = new();

    public IReadOnlyList<NewTask>? Given { get; init; }

    public IEnumerable<NewTask> All => Given ?? Enumerable.Range(0, Tasks).Select(i => Task(
        $"prompt {i}", [.. Enumerable.Range(0, Completions).Select(c => $"{(char)('a' + c)} {i}")]));

    public static NewTask Task(string prompt, params string[] completions) =>
        new(LabelingService.Prompt(prompt), [.. completions.Select(NewCompletion.FromText)]);
}

/// <summary>An annotator at the labeling page of a project, in the system's Chromium.</summary>
public sealed class LabelingSession : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly bool _ownsServer;

    private LabelingSession(ServedHome served, Guid project, TestUser user, BrowserPage browser, bool ownsServer) =>
        (Served, Project, User, Browser, _ownsServer) = (served, project, user, browser, ownsServer);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public ServedHome Served { get; }

    public Guid Project { get; }

    public TestUser User { get; }

    public BrowserPage Browser { get; }

    public IPage Page => Browser.Page;

    /// <summary>How many keys were pressed.</summary>
    public int Presses { get; set; }

    public LabelingService Labeling => Served.Services.GetRequiredService<LabelingService>();

    public ILocator Prompt => Page.Locator(".prompt-body");

    public ILocator Cards => Page.Locator(".response");

    /// <summary>Serves a home folder with a project and opens its labeling page, signed in as an annotator.</summary>
    public static async Task<LabelingSession> OpenAsync(
        Chromium chromium, SampleProject sample, ColorScheme scheme = ColorScheme.Light, int width = 1280, int height = 800)
    {
        var served = await ServedHome.StartAsync();
        var project = await AddAsync(served, sample);
        return await JoinAsync(chromium, served, project, scheme, width, height, ownsServer: true);
    }

    /// <summary>Adds a project.</summary>
    public static async Task<Guid> AddAsync(ServedHome served, SampleProject sample, string name = "Helpful answers")
    {
        var labeling = served.Services.GetRequiredService<LabelingService>();
        var project = await labeling.CreateProjectAsync(name, sample.Overlap, sample.Questions, sample.Guidelines, Cancellation);
        await labeling.SetSettingsAsync(project, sample.Settings, Cancellation);
        await labeling.AddTasksAsync(project, sample.All, cancellation: Cancellation);
        return project;
    }

    /// <summary>Opens the page as one more annotator.</summary>
    public static async Task<LabelingSession> JoinAsync(
        Chromium chromium, ServedHome served, Guid project, ColorScheme scheme = ColorScheme.Light, int width = 1280, int height = 800,
        bool ownsServer = false)
    {
        var user = await served.AddUserAsync(AccountRole.Annotator);
        var browser = await chromium.OpenAsync(served, "account", scheme, width, user);
        await browser.Page.SetViewportSizeAsync(width, height);
        await browser.Page.GotoAsync($"{served.Client.BaseAddress}label/{project}");
        return new LabelingSession(served, project, user, browser, ownsServer);
    }

    public async Task PressAsync(params string[] keys)
    {
        foreach (string key in keys)
        {
            await Page.Keyboard.PressAsync(key);
            Presses++;
        }
    }

    /// <summary>Waits until a task is in view; returns its prompt.</summary>
    public async Task<string> TaskAsync()
    {
        await Cards.First.WaitForAsync();
        return await Prompt.InnerTextAsync();
    }

    /// <summary>Submits with Enter and waits until another task is in view, or none.</summary>
    public async Task SubmitAsync()
    {
        string before = await Prompt.InnerTextAsync();
        await PressAsync("Enter");
        await Page.WaitForFunctionAsync(
            "before => document.querySelector('.prompt-body')?.innerText !== before || !document.getElementById('waiting').hidden", before);
    }

    /// <summary>The digit of the completion whose text begins like this.</summary>
    public async Task<string> DigitOfAsync(string beginning)
    {
        var texts = await Page.Locator(".response-body").AllInnerTextsAsync();
        int place = texts.ToList().FindIndex(text => text.StartsWith(beginning, StringComparison.Ordinal));
        Assert.True(place >= 0, $"no response begins with '{beginning}': {string.Join(" | ", texts)}");
        return (place + 1).ToString(CultureInfo.InvariantCulture);
    }

    /// <summary>The places as the cards show them, by the first letter of their texts.</summary>
    public async Task<string> PlacesAsync()
    {
        var texts = await Page.Locator(".response-body").AllInnerTextsAsync();
        var places = await Page.Locator(".response .place").AllInnerTextsAsync();
        return string.Join(" ", texts.Zip(places, (text, place) => $"{text[0]}:{place}").Order(StringComparer.Ordinal));
    }

    /// <summary>Waits until so many annotation revisions are stored; returns them, oldest first.</summary>
    public Task<IReadOnlyList<Annotation>> StoredAsync(int count) => StoredAsync(Served, Project, count);

    /// <summary>The same, of any project.</summary>
    public static async Task<IReadOnlyList<Annotation>> StoredAsync(ServedHome served, Guid project, int count)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        limit.CancelAfter(Patience);
        while (true)
        {
            await using var db = served.Database.OpenReadContext();
            var rows = await db.Annotations.AsNoTracking()
                .Where(a => db.Tasks.Any(t => t.Id == a.TaskId && t.ProjectId == project)).OrderBy(a => a.Created)
                .ToListAsync(Cancellation);
            if (rows.Count >= count)
                return rows.Count == count ? rows : throw new InvalidOperationException($"{rows.Count} annotations instead of {count}");
            if (limit.IsCancellationRequested)
                throw new TimeoutException($"{rows.Count} annotations instead of {count}");
            await Task.Delay(10, Cancellation);
        }
    }

    /// <summary>Waits for what a query of the database finds.</summary>
    public async Task<T> EventuallyAsync<T>(Func<Storage.RlhfDbContext, Task<T>> read, Func<T, bool> isThere)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        limit.CancelAfter(Patience);
        while (true)
        {
            await using var db = Served.Database.OpenReadContext();
            var value = await read(db);
            if (isThere(value))
                return value;
            if (limit.IsCancellationRequested)
                throw new TimeoutException($"still {value}");
            await Task.Delay(10, Cancellation);
        }
    }

    /// <summary>A ranking by the letters of the completions: "c > a = b > d".</summary>
    public static string Order(Answer answer) => string.Join(" > ", answer.Ranking!.Select(group =>
        string.Join(" = ", group.Select(index => (char)('a' + index)))));

    public async ValueTask DisposeAsync()
    {
        await Browser.DisposeAsync();
        if (_ownsServer)
            await Served.DisposeAsync();
    }
}

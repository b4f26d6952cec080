using System.Collections.Concurrent;
using Deque.AxeCore.Playwright;
using Microsoft.Playwright;

namespace Rlhf.EndToEnd.Tests.Browser;

/// <summary>An open page that remembers what it complained of and what it asked the network for.</summary>
public sealed class BrowserPage : IAsyncDisposable
{
    private readonly IBrowserContext _context;

    public BrowserPage(IBrowserContext context, IPage page)
    {
        _context = context;
        Page = page;
        page.Console += (_, message) =>
        {
            if (message.Type is "error" or "warning")
                Complaints.Add($"{message.Type}: {message.Text}");
        };
        page.PageError += (_, error) => Complaints.Add($"exception: {error}");
        page.RequestFailed += (_, request) =>
        {
            // A stream of events ends when its page is left; the browser calls that a failure.
            if (request.ResourceType != "eventsource")
                Complaints.Add($"failed request: {request.Url}");
        };
        page.Request += (_, request) =>
        {
            if (!request.Url.StartsWith("data:", StringComparison.Ordinal))
                Requests.Add(request.Url);
        };
    }

    public IPage Page { get; }

    /// <summary>Errors and warnings of the console (a violation of the page's policy is one), and exceptions.</summary>
    public ConcurrentBag<string> Complaints { get; } = [];

    public ConcurrentBag<string> Requests { get; } = [];

    /// <summary>What axe finds wrong, one line a rule.</summary>
    public async Task<string[]> AxeAsync() =>
        [.. (await Page.RunAxe()).Violations.Select(v => $"{v.Id} ({v.Impact}): {v.Help}; {v.Nodes.Length} nodes, "
            + $"first {v.Nodes[0].Html}")];

    /// <summary>By how many pixels the page is wider than its window.</summary>
    public Task<int> OverflowAsync() =>
        Page.EvaluateAsync<int>("document.documentElement.scrollWidth - document.documentElement.clientWidth");

    /// <summary>
    /// That everything on the page, unfolded, fits the window, is accessible, runs no script of a text and complains of nothing.
    /// </summary>
    /// <param name="name">What messages call the page.</param>
    /// <param name="complains">Whether the browser itself complains, as of an answer that is an error.</param>
    public async Task CheckSoundAsync(string name, bool complains = false)
    {
        await UnfoldAsync();
        Assert.Equal((name, 0), (name, await OverflowAsync()));
        Assert.Empty((await AxeAsync()).Select(violation => $"{name}: {violation}"));
        Assert.Equal("undefined", await Page.EvaluateAsync<string>("typeof window.hostile"));
        if (!complains)
            Assert.Empty(Complaints.Select(complaint => $"{name}: {complaint}"));
    }

    /// <summary>Opens everything that is folded.</summary>
    public Task UnfoldAsync() => Page.EvaluateAsync("document.querySelectorAll('details').forEach(d => { d.open = true; })");

    public async ValueTask DisposeAsync() => await _context.CloseAsync();
}

using System.Diagnostics;
using System.Text.RegularExpressions;
using Microsoft.EntityFrameworkCore;
using Microsoft.Playwright;
using Rlhf.EndToEnd.Tests.Browser;
using Rlhf.Storage;
using Rlhf.Storage.Labeling;
using Rlhf.Testing;
using static Microsoft.Playwright.Assertions;

namespace Rlhf.EndToEnd.Tests.Labeling;

/// <summary><c>rlhf serve</c> as a process that is killed while somebody labels.</summary>
public sealed class ServerKillTests(Chromium chromium) : IClassFixture<Chromium>
{
    private const string Password = "a password of the tests";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Labeling_goes_on_while_the_server_is_dead_and_everything_arrives_once_when_it_is_back()
    {
        using var folder = new TemporaryFolder();
        Guid project;
        using (var database = await RlhfDatabase.OpenAsync(Home.Open(folder.Path).Database, Cancellation))
        {
            var labeling = new LabelingService(database);
            project = await labeling.CreateProjectAsync("killed", cancellation: Cancellation);
            await labeling.AddTasksAsync(project, new SampleProject { Tasks = 8 }.All, cancellation: Cancellation);
        }
        using (var add = HubProgram.Start(folder.Path, "users", "add", "anna", "--role", "annotator", "--password-stdin"))
        {
            await add.StandardInput.WriteLineAsync(Password);
            add.StandardInput.Close();
            await add.WaitForExitAsync(Cancellation);
            Assert.Equal((0, ""), (add.ExitCode, await add.StandardError.ReadToEndAsync(Cancellation)));
        }
        var (server, address) = await ServeAsync(folder.Path, $"http://127.0.0.1:{FreePort.Find()}");
        try
        {
            await using var browser = await chromium.OpenAsync(
                $"{address}/account/sign-in?returnUrl=%2Flabel%2F{project}", ColorScheme.Light, 1280);
            var page = browser.Page;
            await page.Locator("input[name='Form.Name']").FillAsync("anna");
            await page.Locator("input[name='Form.Password']").FillAsync(Password);
            await page.Keyboard.PressAsync("Enter");
            await Expect(page.Locator(".prompt-body")).ToHaveTextAsync("prompt 0");
            await SubmitAsync(page, "prompt 1");
            // The answer and the tasks that come after it are there.
            await Expect(page.Locator("#unsent")).ToHaveAttributeAsync("data-count", "0");
            await Expect(page.Locator("#work")).ToHaveAttributeAsync("data-hand", "3");

            server.Kill(entireProcessTree: true);
            await server.WaitForExitAsync(Cancellation);
            await SubmitAsync(page, "prompt 2");
            await SubmitAsync(page, "prompt 3");
            await Expect(page.Locator("[data-notice=warn]")).ToContainTextAsync("No connection");

            server.Dispose();
            (server, _) = await ServeAsync(folder.Path, address);
            await Expect(page.Locator("[data-notice=warn]")).ToHaveCountAsync(0);
            await Expect(page.Locator("#unsent")).ToHaveAttributeAsync("data-count", "0");
            await SubmitAsync(page, "prompt 4");
            await Expect(page.Locator("#unsent")).ToHaveAttributeAsync("data-count", "0");
        }
        finally
        {
            server.Kill(entireProcessTree: true);
            await server.WaitForExitAsync(Cancellation);
            server.Dispose();
        }
        using var after = await RlhfDatabase.OpenAsync(Home.Open(folder.Path).Database, Cancellation);
        await using var db = after.OpenReadContext();
        Assert.Equal([1, 1, 1, 1], await db.Annotations.OrderBy(a => a.Created).Select(a => a.Revision).ToListAsync(Cancellation));
    }

    private static async Task SubmitAsync(IPage page, string next)
    {
        await page.Keyboard.PressAsync("0");
        await page.Keyboard.PressAsync("Enter");
        await Expect(page.Locator(".prompt-body")).ToHaveTextAsync(next);
    }

    private static async Task<(Process Server, string Address)> ServeAsync(string home, string address)
    {
        var server = HubProgram.Start(home, "serve", "--urls", address);
        string? line = await server.StandardOutput.ReadLineAsync(Cancellation).AsTask().WaitAsync(TimeSpan.FromSeconds(60), Cancellation);
        Assert.True(line is not null, line is null ? await server.StandardError.ReadToEndAsync(Cancellation) : "");
        return (server, Regex.Match(line!, "http://127\\.0\\.0\\.1:[0-9]+").Value);
    }
}

using System.Net;
using System.Text.RegularExpressions;

namespace Rlhf.LabelingUi.Tests.Runs;

public sealed class RunsPageTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task An_empty_home_folder_says_how_to_begin()
    {
        await using var served = await ServedHome.StartAsync();
        string html = await served.Client.GetStringAsync("/runs", Cancellation);
        Assert.Contains("<h1>Runs</h1>", html);
        Assert.Contains("<code>rlhf quickstart</code>", html);
        Assert.DoesNotContain("<article", html);
    }

    [Fact]
    public async Task Runs_stand_in_order_with_their_stages_times_and_reports()
    {
        await using var served = await ServedHome.StartAsync();
        var done = SampleRuns.Done(SampleRuns.Start);
        var later = SampleRuns.Done(SampleRuns.Start.AddHours(1));
        await SampleRuns.AddAsync(served.Database, done, SampleRuns.Failed(SampleRuns.Start.AddMinutes(30)),
            SampleRuns.AtWork(SampleRuns.Start.AddHours(2)), later);
        Directory.CreateDirectory(Path.GetDirectoryName(served.Home.Report(done.Item1.Id))!);
        await File.WriteAllTextAsync(served.Home.Report(done.Item1.Id), "<!DOCTYPE html><title>x</title>", Cancellation);

        string html = WebUtility.HtmlDecode(await served.Client.GetStringAsync("/runs", Cancellation));
        Assert.Equal(["2026-11-24 11:30 UTC", "2026-11-24 10:30 UTC", "2026-11-24 10:00 UTC", "2026-11-24 09:30 UTC"],
            Regex.Matches(html, "<time[^>]*>([^<]*)</time>").Select(m => m.Groups[1].Value));
        Assert.Contains("1 running, 2 done, 1 failed", html);
        Assert.Contains("3\u00a0min 16\u00a0s", html);
        string[] stages = [.. Regex.Matches(html, "stage-name[^>]*>([^<]*)<").Select(m => m.Groups[1].Value)];
        Assert.Equal(["candidates", "reward", "ppo"], stages.Take(3));
        Assert.Equal(["candidates", "collect", "reward", "ppo", "evaluate"], stages.TakeLast(5));
        Assert.Contains("done, 1\u00a0min 36\u00a0s", html);
        Assert.Contains("1.93\u00a0GB peak", html);
        Assert.Contains("its process was ended by signal 9", html);
        Assert.DoesNotContain($">{done.Item1.Id}", html);
        // Only the run that has a report links to one.
        Assert.Equal([$"/reports/{done.Item1.Id}"], Regex.Matches(html, "href=\"(/reports/[^\"]*)\"").Select(m => m.Groups[1].Value));
    }

    [Fact]
    public async Task A_hostile_name_stays_text()
    {
        await using var served = await ServedHome.StartAsync();
        await SampleRuns.AddAsync(served.Database, SampleRuns.Failed(SampleRuns.Start));
        string html = await served.Client.GetStringAsync("/runs", Cancellation);
        Assert.DoesNotContain("<script>window", html);
        Assert.DoesNotContain("<img", html);
        Assert.Contains(SampleRuns.Hostile, WebUtility.HtmlDecode(html));
    }

    [Fact]
    public async Task Every_file_that_the_page_names_is_served()
    {
        await using var served = await ServedHome.StartAsync();
        string html = await served.Client.GetStringAsync("/runs", Cancellation);
        string[] files = [.. Regex.Matches(html, "(?:href|src)=\"(/(?:css|js)/[^\"]*)\"")
            .Select(m => WebUtility.HtmlDecode(m.Groups[1].Value))];
        Assert.Equal(3, files.Length);
        foreach (string file in files)
        {
            using var answer = await served.Client.GetAsync(file, Cancellation);
            Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
            Assert.Contains("immutable", answer.Headers.CacheControl!.ToString());
            Assert.Equal(file.Contains(".css") ? "text/css" : "text/javascript", answer.Content.Headers.ContentType!.MediaType);
        }
    }
}

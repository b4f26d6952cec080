using System.Net;
using System.Text.RegularExpressions;
using Microsoft.Extensions.DependencyInjection;
using Rlhf.Core.Options;
using Rlhf.Definitions.Pipelines;
using Rlhf.Storage.Entities;

namespace Rlhf.LabelingUi.Tests.Runs;

public sealed class RunPageTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_run_shows_its_numbers_samples_result_options_lineage_and_logs()
    {
        await using var served = await ServeAsync();
        var run = await SampleRuns.AddRewardRunAsync(served.Home, served.Database);
        string html = WebUtility.HtmlDecode(await served.Client.GetStringAsync($"/runs/{run.Id}", Cancellation));
        Assert.Contains("<h1>reward</h1>", html);
        Assert.Contains("own-policy, 2026-11-24 09:30 UTC", html);
        Assert.Contains("took 42.0\u00a0s", html);
        Assert.Contains("on worker-1", html);
        // The attempt that counts: 600 steps, of which a small chart shows the lowest and highest of each column.
        Assert.Contains("loss/train by step, 600 values from step 1 to 600", html);
        Assert.Contains("600, 1 not a number", html);
        Assert.Contains("Samples of step 600", html);
        Assert.Contains("score 1.250", html);
        Assert.Contains("<dt>accuracy</dt><dd>0.713</dd>", html);
        Assert.Contains("<dt>pairs</dt><dd>9,600</dd>", html);
        Assert.Contains("<dt>note.text</dt><dd>held-out</dd>", html);
        Assert.Contains("1,600 rankings of 400 prompts, 1,600 of them simulated", html);
        Assert.Matches("Started from.*policy.*candidates.*Made.*reward model", Flat(html));
        // Logs of crashed attempts stay, without what only a terminal understands.
        Assert.Contains("all is well", html);
        Assert.Contains("·[31mterminate called: out of memory", html);
        Assert.DoesNotContain('\u001b', html);
    }

    [Fact]
    public async Task Options_that_differ_from_their_defaults_come_first_with_both_values_and_the_meaning()
    {
        await using var served = await ServeAsync();
        var run = await SampleRuns.AddRewardRunAsync(served.Home, served.Database);
        string html = WebUtility.HtmlDecode(await served.Client.GetStringAsync($"/runs/{run.Id}", Cancellation));
        var defaults = new RewardOptions();
        Assert.NotEqual(0.0005, defaults.LearningRate);
        string changed = Regex.Match(Flat(html), "Options that differ.*?</table>").Value;
        Assert.Contains("<code>learningRate</code></th><td><strong>0.0005</strong>", changed);
        Assert.Matches(
            "seed</code></th>\\s*<td><strong>7</strong></td>\\s*<td data-label=\"default\">1</td>\\s*<td class=\"muted\">The root seed",
            changed);
        Assert.DoesNotContain("<code>threads</code>", changed);
        Assert.Contains("<code>threads</code>", Regex.Match(Flat(html), "at their defaults.*?</table>").Value);
    }

    [Fact]
    public async Task An_earlier_attempt_can_be_looked_at_and_a_metric_has_its_table_of_values()
    {
        await using var served = await ServeAsync();
        var run = await SampleRuns.AddRewardRunAsync(served.Home, served.Database);
        string first = WebUtility.HtmlDecode(await served.Client.GetStringAsync($"/runs/{run.Id}?attempt=1", Cancellation));
        Assert.Contains("numbers of attempt 1", first);
        Assert.Contains("loss/train by step, 300 values from step 1 to 300", first);
        string address = Regex.Match(first, "href=\"([^\"]*/metric\\?name=accuracy[^\"]*)\"").Groups[1].Value;
        string metric = WebUtility.HtmlDecode(await served.Client.GetStringAsync(address, Cancellation));
        Assert.Contains("<h1>accuracy/train</h1>", metric);
        Assert.Equal(300, Regex.Count(metric, "<th scope=\"row\">"));
    }

    [Theory]
    [InlineData("")]
    [InlineData("/metric?name=loss")]
    [InlineData("?attempt=3")]
    public async Task What_is_not_there_is_not_found(string rest)
    {
        await using var served = await ServeAsync();
        var run = await SampleRuns.AddRewardRunAsync(served.Home, served.Database);
        foreach (string address in new[] { $"/runs/{(rest.Length == 0 ? Guid.CreateVersion7() : run.Id)}{rest}",
            $"/pipelines/{Guid.CreateVersion7()}" })
        {
            using var answer = await served.Client.GetAsync(address, Cancellation);
            Assert.Equal(HttpStatusCode.NotFound, answer.StatusCode);
            Assert.Contains("There is nothing here", await answer.Content.ReadAsStringAsync(Cancellation));
        }
    }

    [Fact]
    public async Task A_run_whose_files_are_damaged_or_of_an_older_version_still_has_its_page()
    {
        await using var served = await ServeAsync();
        var run = await SampleRuns.AddRewardRunAsync(served.Home, served.Database);
        string attempts = Path.Combine(served.Home.RunFolder(run.Id), "attempts");
        await File.WriteAllTextAsync(Path.Combine(attempts, "2", "run.db"), "no database", Cancellation);
        string html = WebUtility.HtmlDecode(await served.Client.GetStringAsync($"/runs/{run.Id}", Cancellation));
        Assert.Contains("The numbers of this attempt cannot be read", html);
        Assert.Contains("all is well", html);

        // Before attempts had folders, the files lay in the folder of the run.
        foreach (string file in new[] { "run.db", "run.log" })
            File.Move(Path.Combine(attempts, "1", file), Path.Combine(served.Home.RunFolder(run.Id), file));
        Directory.Delete(attempts, recursive: true);
        html = WebUtility.HtmlDecode(await served.Client.GetStringAsync($"/runs/{run.Id}", Cancellation));
        Assert.Contains("loss/train by step, 300 values", html);
        Assert.Contains("out of memory", html);
    }

    [Fact]
    public async Task What_policies_wrote_stays_text()
    {
        await using var served = await ServeAsync();
        var run = await SampleRuns.AddRewardRunAsync(served.Home, served.Database);
        string html = await served.Client.GetStringAsync($"/runs/{run.Id}", Cancellation);
        Assert.DoesNotContain("<script>window", html);
        Assert.DoesNotContain("<img", html);
        Assert.Contains(SampleRuns.Hostile, WebUtility.HtmlDecode(html));
    }

    [Fact]
    public async Task A_pipeline_run_shows_its_stages_and_those_to_come()
    {
        await using var served = await ServeAsync();
        var run = await SampleRuns.AddRewardRunAsync(served.Home, served.Database);
        string html = WebUtility.HtmlDecode(await served.Client.GetStringAsync($"/pipelines/{run.PipelineRunId}", Cancellation));
        Assert.Contains("<h1>own-policy</h1>", html);
        Assert.Contains("Learns to be brief.", html);
        Assert.Contains("seed 7", html);
        Assert.Contains("rlhf pipeline run own-policy.yaml --set seed=7", html);
        Assert.Matches(
            "<h3><a[^>]*>candidates</a></h3>.*<h3><a[^>]*>reward</a></h3>.*attempt 2.*<h3>ppo</h3><span class=\"chip\">not started",
            Flat(html));
        Assert.Contains($"data-events=\"/api/v1/events?after={served.Feed.Latest}&pipelineRun={run.PipelineRunId}\"", html);
    }

    [Theory]
    [InlineData(RunState.Queued, null, "queued")]
    [InlineData(RunState.Running, null, "running")]
    [InlineData(RunState.Waiting, null, "waiting for people")]
    [InlineData(RunState.Succeeded, null, "done")]
    [InlineData(RunState.Failed, FailureKind.Crashed, "failed")]
    [InlineData(RunState.Failed, FailureKind.Refused, "refused")]
    [InlineData(RunState.Failed, FailureKind.Diverged, "diverged")]
    [InlineData(RunState.Lost, FailureKind.Lost, "lost")]
    [InlineData(RunState.Cancelled, FailureKind.Cancelled, "cancelled")]
    public async Task States_are_told_apart_in_words(RunState state, FailureKind? failure, string word)
    {
        await using var served = await ServeAsync();
        var (pipeline, stages) = SampleRuns.InState(SampleRuns.Start, state, failure, "because");
        await SampleRuns.AddAsync(served.Database, (pipeline, stages));
        foreach (string address in new[] { "/runs", $"/pipelines/{pipeline.Id}", $"/runs/{stages[0].Id}" })
        {
            string html = await served.Client.GetStringAsync(address, Cancellation);
            Assert.Matches($">{word}(,[^<]*)?</span>", html);
            Assert.Contains("because", html);
        }
    }

    private static string Flat(string html) => Regex.Replace(html, "\\s*\\n\\s*", "");

    private static Task<ServedHome> ServeAsync() => ServedHome.StartAsync(new WebSettings(), builder =>
        builder.Services.AddSingleton(new StageCatalog(new Dictionary<string, Type> { ["reward"] = typeof(RewardOptions) })));
}

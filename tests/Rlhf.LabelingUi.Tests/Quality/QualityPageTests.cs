using System.Net;
using System.Text.RegularExpressions;
using Microsoft.EntityFrameworkCore;
using Rlhf.LabelingUi.Tests.Projects;

namespace Rlhf.LabelingUi.Tests.Quality;

public sealed class QualityPageTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Every_picture_has_its_table_and_the_numbers_of_both_are_the_same()
    {
        await using var served = await ServedHome.StartAsync();
        var (project, _) = await SampleProject.AddAsync(served.Database);
        await served.ComputeQualityAsync(project);
        var browser = await served.SignInAsync(served.Admin);
        string html = WebUtility.HtmlDecode(await browser.Client.GetStringAsync($"/projects/{project}/quality", Cancellation));
        string[] charts = ["chart-agreement-ranking", "chart-position-ranking", "chart-policies-ranking", "chart-annotators"];
        foreach (string chart in charts)
            Assert.Contains($"id=\"{chart}\"", html);
        Assert.Equal(3, Regex.Count(html, "<table"));
        Assert.Contains("60.0\u00a0%", html);
        Assert.Contains("\"name\":\"model-a\"", html);
        Assert.Matches("<th scope=\"row\">model-a</th>", html);
    }

    [Fact]
    public async Task Case_10_completions_that_name_their_model_can_be_left_out_of_the_leaderboard()
    {
        await using var served = await ServedHome.StartAsync();
        var (project, _) = await SampleProject.AddAsync(served.Database, selfIdentifying: true);
        await served.ComputeQualityAsync(project);
        var browser = await served.SignInAsync(served.Admin);
        string address = $"/projects/{project}/quality";
        string with = WebUtility.HtmlDecode(await browser.Client.GetStringAsync(address, Cancellation));
        Assert.Contains("1 completions say which model they are", with);
        Assert.Matches("data-label=\"comparisons\">40<", with);
        string without = WebUtility.HtmlDecode(await browser.Client.GetStringAsync(address + "?selfIdentifying=leave-out", Cancellation));
        Assert.Contains("They are left out: take them in", without);
        Assert.Matches("data-label=\"comparisons\">36<", without);
    }

    [Fact]
    public async Task The_weights_become_a_dataset_version()
    {
        await using var served = await ServedHome.StartAsync();
        var (project, _) = await SampleProject.AddAsync(served.Database);
        await served.ComputeQualityAsync(project);
        var browser = await served.SignInAsync(served.Admin);
        string address = $"/projects/{project}/quality";
        using var made = await browser.SubmitAsync(address, "dataset", [("model", "dawid-skene")], Cancellation);
        await using var db = served.Database.OpenReadContext();
        var version = await db.DatasetVersions.SingleAsync(Cancellation);
        Assert.Equal(40, version.Annotations);
        Assert.EndsWith($"made={version.Name}", made.Headers.Location!.OriginalString);
        Assert.Contains($"Dataset version {version.Name[..12]} is there",
            await browser.Client.GetStringAsync($"{address}?made={version.Name}", Cancellation));
        Assert.DoesNotContain("is there", await browser.Client.GetStringAsync($"{address}?made=hacked-hacked-hacked", Cancellation));
    }

    [Fact]
    public async Task A_project_without_answers_says_so()
    {
        await using var served = await ServedHome.StartAsync();
        var project = await new Storage.Labeling.LabelingService(served.Database).CreateProjectAsync("empty", cancellation: Cancellation);
        await served.ComputeQualityAsync(project);
        var browser = await served.SignInAsync(served.Admin);
        string html = await browser.Client.GetStringAsync($"/projects/{project}/quality", Cancellation);
        Assert.Contains("No answers yet", html);
        Assert.DoesNotContain("NaN", html);
    }
}

using System.Net;
using System.Text.RegularExpressions;
using Microsoft.EntityFrameworkCore;
using Rlhf.Definitions.Templates;
using Rlhf.Storage.Entities;

namespace Rlhf.LabelingUi.Tests.Projects;

/// <summary>What a project asks, as YAML in the forms of its pages.</summary>
public sealed partial class ProjectQuestionsTests
{
    private const string Own = """
        guidelines: Be strict.
        overlap: 2
        questions:
          - key: ranking
            kind: ranking
            text: Which is kinder?
            ties: false
        """;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public static TheoryData<string> Names => [.. ProjectTemplates.Names];

    [Fact]
    public async Task A_project_is_made_from_a_template_of_one_s_own()
    {
        await using var served = await ServedHome.StartAsync();
        var browser = await served.SignInAsync(served.Admin);
        (string, string)[] Values(string template, string yaml) =>
            [("name", "mine"), ("template", template), ("templateYaml", yaml), ("overlap", "3"), ("access", "Open")];
        Assert.Contains("the template of your own is empty", await RefusedAsync(browser, "/projects/new", "new", Values("own", "")));
        Assert.Contains("another one is chosen above", await RefusedAsync(browser, "/projects/new", "new", Values("arena", Own)));
        Assert.Contains("templateYaml:2: unknown key 'overlp'", await RefusedAsync(browser, "/projects/new", "new",
            Values("own", Own.Replace("overlap", "overlp", StringComparison.Ordinal))));
        using var made = await browser.SubmitAsync("/projects/new", "new", Values("own", Own), Cancellation);
        Assert.NotNull(made.Headers.Location);
        await using var db = served.Database.OpenReadContext();
        var version = (await db.Projects.Include(p => p.Versions).SingleAsync(Cancellation)).Versions.Single();
        Assert.Equal("Be strict.", version.Guidelines);
        Assert.Equal(new Question("ranking", QuestionKind.Ranking, "Which is kinder?", Ties: false), Assert.Single(version.Questions));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public async Task Questions_saved_as_they_are_shown_make_no_new_version(string template)
    {
        await using var served = await ServedHome.StartAsync();
        var browser = await served.SignInAsync(served.Admin);
        string address = await MakeAsync(browser, template);
        string shown = await ShownAsync(browser, address);
        using var saved = await browser.SubmitAsync(address, "questions", [("questions", shown)], Cancellation);
        Assert.Contains("saved=true", saved.Headers.Location!.OriginalString);
        await using var db = served.Database.OpenReadContext();
        Assert.Equal(1, (await db.ProjectVersions.SingleAsync(Cancellation)).Number);
    }

    [Fact]
    public async Task Other_questions_make_a_new_version_and_wrong_ones_nothing()
    {
        await using var served = await ServedHome.StartAsync();
        var browser = await served.SignInAsync(served.Admin);
        string address = await MakeAsync(browser, "helpsteer");
        string shown = await ShownAsync(browser, address);
        string wrong = shown.Replace("kind: pairwise", "kind: pearwise", StringComparison.Ordinal);
        string refused = await RefusedAsync(browser, address, "questions", [("questions", wrong)]);
        Assert.Matches(@"questions:\d+: .*pearwise", refused);
        Assert.Contains("pearwise", WebUtility.HtmlDecode(TextArea().Match(refused).Groups[1].Value));
        Assert.Contains("questions: questions are a list", await RefusedAsync(browser, address, "questions", [("questions", "")]));

        string added = shown.Replace("Verbosity:", "Wordiness:", StringComparison.Ordinal)
            + "- {key: tone, kind: rating, text: How kind?, scale: {min: 0, max: 4}}\n";
        using var saved = await browser.SubmitAsync(address, "questions", [("questions", added)], Cancellation);
        Assert.Contains("saved=true", saved.Headers.Location!.OriginalString);
        await using var db = served.Database.OpenReadContext();
        var versions = await db.ProjectVersions.OrderBy(v => v.Number).ToListAsync(Cancellation);
        Assert.Equal([1, 2], versions.Select(v => v.Number));
        Assert.StartsWith("Verbosity:", versions[0].Questions.Single(q => q.Key == "verbosity").Text, StringComparison.Ordinal);
        Assert.StartsWith("Wordiness:", versions[1].Questions.Single(q => q.Key == "verbosity").Text, StringComparison.Ordinal);
        Assert.Equal("tone", versions[1].Questions[^1].Key);
        Assert.Equal(versions[0].Guidelines, versions[1].Guidelines);
    }

    private static async Task<string> MakeAsync(BrowserSession browser, string template)
    {
        using var made = await browser.SubmitAsync("/projects/new", "new",
            [("name", template), ("template", template), ("overlap", "1"), ("access", "Open")], Cancellation);
        return made.Headers.Location!.OriginalString.Split('?')[0] + "/settings";
    }

    private static async Task<string> RefusedAsync(BrowserSession browser, string address, string form, (string, string)[] values)
    {
        using var refused = await browser.SubmitAsync(address, form, values, Cancellation);
        Assert.Equal(HttpStatusCode.OK, refused.StatusCode);
        return WebUtility.HtmlDecode(await refused.Content.ReadAsStringAsync(Cancellation));
    }

    private static async Task<string> ShownAsync(BrowserSession browser, string address) =>
        WebUtility.HtmlDecode(TextArea().Match(await browser.Client.GetStringAsync(address, Cancellation)).Groups[1].Value);

    [GeneratedRegex("<textarea[^>]*id=\"questions\"[^>]*>(.*?)</textarea>", RegexOptions.Singleline)]
    private static partial Regex TextArea();
}

using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using Rlhf.LabelingUi.Features.Account.Access;
using Rlhf.Storage.Entities;
using Rlhf.Storage.Labeling;
using Rlhf.Testing;

namespace Rlhf.LabelingUi.Tests.Exchange;

/// <summary>Files over the API: exports as downloads, imports as uploads.</summary>
public sealed class ExchangeApiTests
{
    private const string Pairs = "{\"prompt\":\"p\",\"chosen\":\" a\",\"rejected\":\" b\"}\n{\"prompt\":\"p\"}\n";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_file_is_previewed_imported_once_and_exported()
    {
        await using var served = await ServedHome.StartAsync();
        var researcher = await served.AddUserAsync(AccountRole.Researcher);
        var project = await ProjectAsync(served);
        var preview = await PostAsync(researcher.Client, project, Form(Pairs, ("preview", "true")));
        Assert.Equal("preferences", preview.GetProperty("format").GetString());
        Assert.Equal("1 > 2", preview.GetProperty("rows")[0].GetProperty("answers")[0].GetString());
        Assert.Equal(2, preview.GetProperty("badLines")[0].GetProperty("line").GetInt32());
        Assert.Equal("pairs.jsonl", preview.GetProperty("badLines")[0].GetProperty("file").GetString());

        Assert.Equal((1, 1, 0, 1), Counts(await PostAsync(researcher.Client, project, Form(Pairs))));
        Assert.Equal((0, 0, 1, 1), Counts(await PostAsync(researcher.Client, project, Form(Pairs))));

        using var export = await researcher.Client.GetAsync($"/api/v1/projects/{project}/export?format=trl-explicit", Cancellation);
        Assert.Equal("""{"prompt":"p","chosen":" a","rejected":" b"}""" + "\n", await export.Content.ReadAsStringAsync(Cancellation));
        Assert.Equal("application/jsonl", export.Content.Headers.ContentType?.MediaType);
        Assert.Equal("attachment; filename=project.trl-explicit.jsonl", export.Content.Headers.ContentDisposition?.ToString());
    }

    [Theory]
    [InlineData("rankings")]
    [InlineData("csv")]
    [InlineData("csv-spreadsheet")]
    [InlineData("parquet")]
    public async Task An_export_comes_back_byte_for_byte_into_a_project_of_another_home(string format)
    {
        await using var served = await ServedHome.StartAsync();
        var project = await ProjectAsync(served);
        await PostAsync(served.Client, project, Form(Pairs));
        byte[] exported = await served.Client.GetByteArrayAsync($"/api/v1/projects/{project}/export?format={format}", Cancellation);

        await using var other = await ServedHome.StartAsync();
        var copy = await ProjectAsync(other, "another", Question.DefaultRanking with { MaxStrength = 2 });
        using var body = new ByteArrayContent(exported);
        using var answer = await other.Client.PostAsync($"/api/v1/projects/{copy}/import", body, Cancellation);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Equal(exported, await other.Client.GetByteArrayAsync($"/api/v1/projects/{copy}/export?format={format}", Cancellation));
    }

    [Fact]
    public async Task A_mapping_and_a_format_can_be_named()
    {
        await using var served = await ServedHome.StartAsync();
        var project = await ProjectAsync(served);
        var report = await PostAsync(served.Client, project, Form("q,good,bad\np,a,b\n",
            ("map", "prompt=q"), ("map", "chosen=good"), ("map", "rejected=bad"), ("format", "trl-explicit")));
        Assert.Equal((1, 1, 0, 0), Counts(report));
        report = await PostAsync(served.Client, project, Form("q,good,bad\np,a,b\n",
            ("map", """{"prompt":"q","chosen":"good","rejected":"bad"}""")));
        Assert.Equal((0, 0, 1, 0), Counts(report));
    }

    [Theory]
    [InlineData("import", "", "file", "no file")]
    [InlineData("import?format=xml", Pairs, null, "there is no import format 'xml'")]
    [InlineData("import?preview=perhaps", Pairs, "preview", "preview must be true or false; got 'perhaps'")]
    [InlineData("import", "{\"a\":1}", null, "no format that is known here has the columns 'a'")]
    public async Task What_cannot_be_imported_is_said(string address, string body, string? field, string message)
    {
        await using var served = await ServedHome.StartAsync();
        var project = await ProjectAsync(served);
        using var content = new StringContent(body, Encoding.UTF8, "application/jsonl");
        using var answer = await served.Client.PostAsync($"/api/v1/projects/{project}/{address}", content, Cancellation);
        await AssertProblemAsync(answer, HttpStatusCode.BadRequest, message, field);
    }

    [Fact]
    public async Task What_cannot_be_exported_is_said_before_a_byte_is_sent()
    {
        await using var served = await ServedHome.StartAsync();
        var project = await ProjectAsync(served);
        await PostAsync(served.Client, project, Form("""{"prompt":"","chosen":"a","rejected":""}"""));
        using var format = await served.Client.GetAsync($"/api/v1/projects/{project}/export?format=xml", Cancellation);
        await AssertProblemAsync(format, HttpStatusCode.BadRequest, "there is no export format 'xml'", "format");
        using var pairs = await served.Client.GetAsync($"/api/v1/projects/{project}/export?format=trl-implicit", Cancellation);
        await AssertProblemAsync(pairs, HttpStatusCode.BadRequest, "line 1: prompt and completion are empty", null);
        using var none = await served.Client.GetAsync($"/api/v1/projects/{Guid.NewGuid()}/export", Cancellation);
        await AssertProblemAsync(none, HttpStatusCode.NotFound, "no labeling project", null);
    }

    [Fact]
    public async Task Texts_that_trl_would_split_at_the_wrong_place_are_named_in_a_header()
    {
        await using var served = await ServedHome.StartAsync();
        var project = await ProjectAsync(served);
        await PostAsync(served.Client, project, Form("""{"prompt":"p","chosen":"a","rejected":"ab"}"""));
        using var answer = await served.Client.GetAsync($"/api/v1/projects/{project}/export?format=trl-implicit", Cancellation);
        Assert.Contains("line 1: one text begins with the other", Assert.Single(answer.Headers.GetValues("Rlhf-Export-Warnings")));
    }

    [Theory]
    [InlineData("", 6)]
    [InlineData("&rule=each", 6)]
    [InlineData("&rule=majority", 2)]
    [InlineData("&rule=Weighted", 2)]
    [InlineData("&rule=soft", 3)]
    [InlineData("&rule=adjudicated", 1)]
    public async Task Pairs_follow_the_rule_of_the_address(string rule, int pairs)
    {
        await using var served = await ServedHome.StartAsync();
        var project = await ProjectAsync(served);
        // The first response, twice and once; all agree on the second.
        await PostAsync(served.Client, project, Form("""
            {"instruction":"p","response1":"a","response2":"b","annotator1":1,"annotator2":2,"annotator3":1}
            {"instruction":"q","response1":"a","response2":"b","annotator1":2,"annotator2":2,"annotator3":2}
            """));
        string text = await served.Client.GetStringAsync($"/api/v1/projects/{project}/export?format=trl-explicit{rule}", Cancellation);
        Assert.Equal(pairs, text.Split('\n', StringSplitOptions.RemoveEmptyEntries).Length);
    }

    [Fact]
    public async Task A_rule_that_is_none_or_for_no_pairs_is_refused()
    {
        await using var served = await ServedHome.StartAsync();
        var project = await ProjectAsync(served);
        using var unknown = await served.Client.GetAsync($"/api/v1/projects/{project}/export?format=hh&rule=best", Cancellation);
        await AssertProblemAsync(
            unknown, HttpStatusCode.BadRequest, "rule must be each, majority, soft, weighted, adjudicated; got 'best'", "rule");
        using var whole = await served.Client.GetAsync($"/api/v1/projects/{project}/export?format=rankings&rule=soft", Cancellation);
        await AssertProblemAsync(whole, HttpStatusCode.BadRequest, "rankings has all that they say", "rule");
    }

    [Fact]
    public async Task Three_annotators_of_a_file_come_in_and_their_agreement_is_shown()
    {
        await using var served = await ServedHome.StartAsync();
        var project = await ProjectAsync(served);
        byte[] bytes = await File.ReadAllBytesAsync(SharedData.Require("data/preferences/pandalm-testset-v1.json"), Cancellation);
        using var rows = JsonDocument.Parse(bytes);
        int tasks = rows.RootElement.GetArrayLength();
        using var file = new ByteArrayContent(bytes);
        Assert.Equal((tasks, 3 * tasks, 0, 0), Counts(await PostAsync(served.Client, project, file)));
        await served.ComputeQualityAsync(project);
        var quality = await served.Client.GetFromJsonAsync<JsonElement>($"/api/v1/projects/{project}/quality", Cancellation);
        var agreement = quality.GetProperty("questions")[0].GetProperty("agreement");
        Assert.Equal(tasks, agreement.GetProperty("tasks").GetInt32());
        using var golden = JsonDocument.Parse(await File.ReadAllBytesAsync(
            SharedData.Require("golden/statistics/pandalm.json"), Cancellation));
        var known = golden.RootElement.GetProperty("cases").EnumerateArray()
            .SingleOrDefault(c => c.GetProperty("name").GetString() == "agreement");
        Assert.SkipWhen(known.ValueKind == JsonValueKind.Undefined, "SKIPPED: pandalm.json has no case 'agreement'");
        var expected = known.GetProperty("outputs");
        foreach (var (name, golds) in new[]
        {
            ("nominal", "krippendorff_nominal"), ("ordinal", "krippendorff_ordinal_1_tie_2"), ("fleiss", "fleiss_kappa"),
            ("percent", "percent_agreement_all_pairs"),
        })
        {
            Assert.Equal(expected.GetProperty(golds).GetDouble(), agreement.GetProperty(name).GetProperty("value").GetDouble(), 1e-9);
        }
        // 0.868… on the page too, with its interval.
        string page = await served.Client.GetStringAsync($"/projects/{project}/quality", Cancellation);
        Assert.Contains(expected.GetProperty("krippendorff_ordinal_1_tie_2").GetDouble().ToString(
            "0.00", System.Globalization.CultureInfo.InvariantCulture), page);
    }

    [Fact]
    public async Task Dialogues_of_hh_come_in_as_messages_and_have_one_judgment_each()
    {
        await using var served = await ServedHome.StartAsync();
        var project = await ProjectAsync(served);
        using var file = new ByteArrayContent(await File.ReadAllBytesAsync(
            Path.Combine(SharedData.Require("data/hh-rlhf"), "harmless-base-test.jsonl.gz"), Cancellation));
        using var form = new MultipartFormDataContent { { file, "file", "harmless-base-test.jsonl.gz" } };
        Assert.Equal((2312, 2312, 0, 0), Counts(await PostAsync(served.Client, project, form)));
        await served.ComputeQualityAsync(project);
        var quality = await served.Client.GetFromJsonAsync<JsonElement>($"/api/v1/projects/{project}/quality", Cancellation);
        // Nobody can agree with themselves, and that is said in place of a number.
        var nominal = quality.GetProperty("questions")[0].GetProperty("agreement").GetProperty("nominal");
        Assert.Equal(JsonValueKind.Null, nominal.TryGetProperty("value", out var value) ? value.ValueKind : JsonValueKind.Null);
        Assert.NotEqual("", nominal.GetProperty("whyUndefined").GetString());
    }

    [Theory]
    [InlineData(AccountRole.Annotator, false)]
    [InlineData(AccountRole.Reviewer, false)]
    [InlineData(AccountRole.Researcher, true)]
    [InlineData(AccountRole.Admin, true)]
    public async Task Files_are_for_researchers(AccountRole role, bool allowed)
    {
        await using var served = await ServedHome.StartAsync();
        var project = await ProjectAsync(served);
        var user = await served.AddUserAsync(role);
        using var export = await user.Client.GetAsync($"/api/v1/projects/{project}/export", Cancellation);
        using var import = await user.Client.PostAsync($"/api/v1/projects/{project}/import", Form(Pairs), Cancellation);
        using var page = await user.Client.GetAsync($"/projects/{project}/export", Cancellation);
        Assert.All([export, import, page], answer =>
            Assert.Equal(allowed ? HttpStatusCode.OK : HttpStatusCode.Forbidden, answer.StatusCode));
    }

    [Fact]
    public async Task The_page_offers_every_format()
    {
        await using var served = await ServedHome.StartAsync();
        var project = await ProjectAsync(served);
        string page = await served.Client.GetStringAsync($"/projects/{project}/export", Cancellation);
        foreach (var format in Rlhf.Storage.Exchange.Export.ExportFormat.All)
            Assert.Contains($"/api/v1/projects/{project}/export?format={format.Name}", page);
        foreach (string rule in Enum.GetNames<Rlhf.Core.Options.Aggregation>())
            Assert.Contains($"<option value=\"{JsonNamingPolicy.CamelCase.ConvertName(rule)}\">", page);
        foreach (var format in Rlhf.Storage.Exchange.Formats.ImportFormats.All)
            Assert.Contains($"<option value=\"{format.Name}\"", page);
        Assert.Equal(HttpStatusCode.NotFound,
            (await served.Client.GetAsync($"/projects/{Guid.NewGuid()}/export", Cancellation)).StatusCode);
    }

    private static Task<Guid> ProjectAsync(ServedHome served, string name = "project", params Question[] questions) =>
        new LabelingService(served.Database).CreateProjectAsync(
            name, questions: questions.Length == 0 ? null : questions, cancellation: Cancellation);

    private static MultipartFormDataContent Form(string file, params (string Name, string Value)[] fields)
    {
        var form = new MultipartFormDataContent();
        foreach (var (name, value) in fields)
            form.Add(new StringContent(value), name);
        var content = new StringContent(file);
        content.Headers.ContentType = new MediaTypeHeaderValue("application/octet-stream");
        form.Add(content, "file", file.StartsWith('{') ? "pairs.jsonl" : "pairs.csv");
        return form;
    }

    private static async Task<JsonElement> PostAsync(HttpClient client, Guid project, HttpContent content)
    {
        using var answer = await client.PostAsync($"/api/v1/projects/{project}/import", content, Cancellation);
        Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync(Cancellation));
        return await answer.Content.ReadFromJsonAsync<JsonElement>(Cancellation);
    }

    private static (int Tasks, int Annotations, int Known, int Bad) Counts(JsonElement report) => (report.GetProperty("tasks").GetInt32(),
        report.GetProperty("annotations").GetInt32(), report.GetProperty("known").GetInt32(), report.GetProperty("badLineCount")
            .GetInt32());

    private static async Task AssertProblemAsync(HttpResponseMessage answer, HttpStatusCode status, string message, string? field)
    {
        Assert.Equal(status, answer.StatusCode);
        var problem = await answer.Content.ReadFromJsonAsync<JsonElement>(Cancellation);
        Assert.Contains(message, problem.GetProperty("detail").GetString());
        if (field is not null)
            Assert.True(problem.GetProperty("errors").TryGetProperty(field, out _));
    }
}

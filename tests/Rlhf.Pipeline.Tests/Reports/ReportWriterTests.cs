using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Rlhf.Pipeline.Reports;
using Rlhf.Testing;

namespace Rlhf.Pipeline.Tests.Reports;

public sealed partial class ReportWriterTests
{
    [Fact]
    public void The_headline_says_who_wins_and_what_it_cost()
    {
        string html = WebUtility.HtmlDecode(ReportWriter.Render(ReportFixture.Quickstart()));
        Assert.Contains(
            "<h1 id=\"headline\">The tuned policy wins 86\u00a0% [83,\u00a089] of held-out prompts at 12.0\u00a0nats of KL</h1>", html);
    }

    [Theory]
    [InlineData(0.52, 0.47, 0.57, "No clear gain")]
    [InlineData(0.5, 0.5, 0.5, "No clear gain")]
    [InlineData(0.30, 0.25, 0.35, "wins only")]
    [InlineData(0.60, 0.51, 0.69, "The tuned policy wins 60")]
    public void An_interval_that_holds_one_half_is_no_win(double value, double low, double high, string expected)
    {
        var data = ReportFixture.Quickstart();
        string html = ReportWriter.Render(data with { Evaluation = data.Evaluation! with { WinRate = new Estimate(value, low, high) } });
        Assert.Contains(expected, Heading().Match(html).Value);
    }

    [Fact]
    public void Every_figure_has_a_table_of_its_values()
    {
        string html = ReportWriter.Render(ReportFixture.Quickstart());
        int figures = Regex.Count(html, "<figure ");
        Assert.True(figures > 15, $"{figures} figures");
        Assert.Equal(figures, Regex.Count(html, "<details class=\"values\">"));
        foreach (string id in (string[])["win-rate", "scores", "kl", "reward-root-kl", "gold-root-kl", "accuracy", "calibration",
            "length", "stages"])
            Assert.Contains($"id=\"panel-{id}\"", html);
        // The chart of the KL draws what its table says.
        var kl = ChartData(html).GetProperty("kl").GetProperty("series")[0].GetProperty("points");
        Assert.Equal(60, kl.GetArrayLength());
        Assert.Contains("81.2\u00a0%", WebUtility.HtmlDecode(html));
        Assert.Contains("ceiling 84.1\u00a0%", WebUtility.HtmlDecode(html));
    }

    [Fact]
    public void Simulated_labels_are_marked()
    {
        Assert.Contains("Simulated labels: 5 annotators, wrong 15\u00a0% of the time",
            WebUtility.HtmlDecode(ReportWriter.Render(ReportFixture.Quickstart())));
    }

    [Fact]
    public void Warnings_stand_under_the_headline()
    {
        Assert.DoesNotContain("class=\"warnings\"", ReportWriter.Render(ReportFixture.Quickstart()));
        string html = WebUtility.HtmlDecode(
            ReportWriter.Render(ReportFixture.Quickstart() with { Warnings = ["no better than chance", "lengths <b>"] }));
        Assert.Contains("<li>no better than chance</li><li>lengths <b></li>", html);
    }

    /// <summary>The final comparison and PPO's evaluation prompts are two samples: each figure names its own.</summary>
    [Fact]
    public void Both_mean_gold_rewards_name_their_samples()
    {
        string html = WebUtility.HtmlDecode(ReportWriter.Render(ReportFixture.Quickstart() with { GoldSamples = 16 }));
        Assert.Contains("mean by “story” over 1,600 completions of 400 held-out prompts", html);
        Assert.Contains("mean over the samples of PPO's 16 evaluation prompts", html);
    }

    [Fact]
    public void Hostile_text_stays_text()
    {
        string html = ReportWriter.Render(ReportFixture.HostileRun());
        string outside = OurScripts().Replace(html, "");
        Assert.DoesNotContain("<script>window.hostile", html);
        Assert.DoesNotContain("<img", outside);
        Assert.DoesNotContain("<b>bold", outside);
        Assert.Contains(ReportFixture.Hostile, WebUtility.HtmlDecode(outside));
        // Only our own: the data block, the chart library, the page's script.
        Assert.Equal(3, Regex.Count(html, "<script", RegexOptions.IgnoreCase));
        Assert.Equal(3, Regex.Count(html, "</script", RegexOptions.IgnoreCase));
        string block = DataBlock().Match(html).Groups[1].Value;
        Assert.DoesNotContain('<', block);
        Assert.DoesNotContain('\u2028', block);
        Assert.Contains(ReportFixture.Hostile,
            ChartData(html).EnumerateObject().SelectMany(c => c.Value.GetProperty("series").EnumerateArray())
            .Select(s => s.GetProperty("name").GetString()));
    }

    [Fact]
    public void The_policy_names_both_scripts_and_the_style_by_their_hashes()
    {
        string html = ReportWriter.Render(ReportFixture.Quickstart());
        string policy = Regex.Match(html, "Content-Security-Policy\" content=\"([^\"]*)\"").Groups[1].Value;
        Assert.StartsWith("default-src 'none'", policy);
        Assert.DoesNotContain("unsafe", policy);
        string[] inline = [.. Regex.Matches(html, "<script>(.*?)</script>", RegexOptions.Singleline)
            .Concat(Regex.Matches(html, "<style>(.*?)</style>", RegexOptions.Singleline)).Select(m => m.Groups[1].Value)];
        Assert.Equal(3, inline.Length);
        Assert.All(inline, text =>
            Assert.Contains($"'sha256-{Convert.ToBase64String(SHA256.HashData(Encoding.UTF8.GetBytes(text)))}'", policy));
    }

    [Fact]
    public void Nothing_is_asked_of_the_network()
    {
        // The chart library holds addresses of XML namespaces; the page itself refers to nothing outside.
        string html = OurScripts().Replace(ReportWriter.Render(ReportFixture.Quickstart()), "");
        Assert.DoesNotMatch("(?i)(src|href|url\\(|@import)\\s*=?\\s*[\"']?(https?:)?//", html);
    }

    [Fact]
    public void What_is_missing_leaves_no_empty_panel()
    {
        string html = ReportWriter.Render(ReportFixture.Empty());
        Assert.Contains("0 stages done", html);
        Assert.DoesNotContain("<figure", html);
        Assert.DoesNotContain("<table", html);
        Assert.DoesNotContain("class=\"cards\"", html);
        Assert.DoesNotContain("How to read this", html);
    }

    public static TheoryData<string> Parts => ["reward", "evaluation", "gold", "curves", "stages", "numbers"];

    [Theory]
    [MemberData(nameof(Parts))]
    public void A_run_without_a_part_is_shown_without_it(string part)
    {
        var data = ReportFixture.Quickstart();
        data = part switch
        {
            "reward" => data with { Reward = null, RewardCurves = [], RewardModel = null },
            "evaluation" => data with { Evaluation = null },
            "gold" => data with
            {
                GoldOverRootKl = [],
                Reward = data.Reward! with { Ceiling = null },
                Evaluation = data.Evaluation! with
                {
                    GoldReward = null,
                    WinRate = null,
                    GoldBefore = null,
                    GoldAfter = null,
                    Samples = [new SampleRow("p", "b", "a", double.NaN, double.NaN, 1, 2)],
                },
            },
            "curves" => data with { PpoCurves = [], RewardCurves = [], RewardOverRootKl = [], GoldOverRootKl = [] },
            "stages" => data with
            {
                Stages = [],
                Environment = new Dictionary<string, string>(),
                Command = null,
                DefinitionYaml = " ",
                Annotators = null,
            },
            _ => data with
            {
                Reward = data.Reward! with
                {
                    Accuracy = new Estimate(double.NaN, double.NaN, double.NaN),
                    Bins = [new CalibrationBin(double.NaN, double.NaN, double.NaN, double.NaN, 0)],
                },
                PpoCurves =
                [
                    new Curve("objective/kl", []), new Curve("lr", [new CurvePoint(1, double.NaN)]),
                    new Curve("beta", [new CurvePoint(1, double.PositiveInfinity), new CurvePoint(2, 1)]),
                ],
                RewardOverRootKl = [new CurvePoint(double.NaN, 1), new CurvePoint(1, double.NaN)],
            },
        };
        string html = ReportWriter.Render(data);
        foreach (var chart in ChartData(html).EnumerateObject())
            Assert.NotEqual(0, chart.Value.GetProperty("series").GetArrayLength());
        string visible = Regex.Replace(html, "<(script|style).*?</\\1>", "", RegexOptions.Singleline);
        Assert.DoesNotContain("NaN", visible);
        Assert.DoesNotContain("Infinity", visible);
        Assert.Equal(part != "reward", html.Contains("id=\"reward\""));
        Assert.Equal(part is not ("evaluation" or "gold"), html.Contains("id=\"comparison\""));
        Assert.Equal(part != "evaluation", html.Contains("id=\"samples\""));
    }

    [Fact]
    public void The_file_is_written_whole()
    {
        using var folder = new TemporaryFolder();
        ReportWriter.Write(ReportFixture.Quickstart(), folder["deep/report.html"]);
        Assert.Equal(["report.html"], Directory.GetFiles(folder["deep"]).Select(Path.GetFileName));
        Assert.EndsWith("</html>\n", File.ReadAllText(folder["deep/report.html"]));
    }

    private static JsonElement ChartData(string html) => JsonDocument.Parse(DataBlock().Match(html).Groups[1].Value).RootElement;

    [GeneratedRegex("<script type=\"application/json\" id=\"chart-data\">(.*?)</script>", RegexOptions.Singleline)]
    private static partial Regex DataBlock();

    [GeneratedRegex("<script>.*?</script>", RegexOptions.Singleline)]
    private static partial Regex OurScripts();

    [GeneratedRegex("<h1.*?</h1>", RegexOptions.Singleline)]
    private static partial Regex Heading();
}

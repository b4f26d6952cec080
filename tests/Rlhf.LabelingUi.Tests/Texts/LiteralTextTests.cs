using Rlhf.Testing;

namespace Rlhf.LabelingUi.Tests.Texts;

/// <summary>No page has a text of its own: all of them stand in resource files.</summary>
public sealed class LiteralTextTests
{
    /// <summary>The same in every language: the product, what is typed, a method's name.</summary>
    private static readonly string[] Allowed = ["Rlhf", "rlhf quickstart", "openapi/v1.json", "SHA-256"];

    /// <summary>Values that are stored, not shown.</summary>
    private static readonly string[] Stored = ["cannot judge"];

    [Fact]
    public void Every_text_of_every_page_stands_in_resource_files()
    {
        var errors = TextsTests.Read("Rlhf.LabelingUi.Shell.Texts.ErrorTexts", System.Globalization.CultureInfo.InvariantCulture);
        string root = Path.Combine(SharedData.RepositoryRoot, "labeling-ui", "Rlhf.LabelingUi");
        string[] files = [.. Directory.EnumerateFiles(root, "*.razor", SearchOption.AllDirectories)
            .Where(file => Path.GetFileName(file) != "_Imports.razor")];
        Assert.True(files.Length > 50, $"{files.Length} files below {root}");
        Assert.Empty(files.SelectMany(file =>
        {
            string razor = File.ReadAllText(file);
            return RazorTexts.Of(razor).Where(text => !Allowed.Contains(text.Trim(' ', '·', ',')))
                .Concat(RazorTexts.OfCode(razor).Where(text => !Stored.Contains(text) && !errors.ContainsKey(text)))
                .Select(text => $"{Path.GetRelativePath(root, file)}: {text}");
        }));
    }

    [Theory]
    [InlineData("<h1>Runs</h1>", "Runs")]
    [InlineData("""<p class="a b">@T["Text"] of @run.Name[0]!.Of(1), <b>@(x > 1 ? "a" : "b")</b></p>""", "of  ,")]
    [InlineData("""<a title="Go there" href="@F("x")">@T["A b", 1]</a>""", "Go there")]
    [InlineData("""@if (a["b c"] is { } found) { <td data-label="@T["A"] values">1</td> }""", "values")]
    [InlineData("@* a comment *@\n@inject Links Links\n<p>@Links.Home</p>\n@code { string s = \"\"; }", "")]
    [InlineData("@foreach (var a in all)\n{\n  var text = a.Text;\n  <p>@text</p>\n}", "")]
    [InlineData("@if (some)\n{\n  <p>1</p>\n}\nelse\n{\n  <p>·</p>\n}", "")]
    public void A_literal_text_is_found_and_an_expression_is_none(string razor, string found) =>
        Assert.Equal(found.Length == 0 ? [] : [found], RazorTexts.Of(razor));

    [Fact]
    public void A_sentence_in_the_code_is_found() => Assert.Equal(
        ["of them simulated", "{a} and not {b}"],
        RazorTexts.OfCode("<p></p>\n@code {\n  // \"some words\"\n  string A => \"of them simulated\" + $\"{a} and not {b}\";\n}"));
}

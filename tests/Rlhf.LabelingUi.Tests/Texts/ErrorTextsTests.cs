using System.Globalization;
using System.Text.RegularExpressions;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Localization;
using Rlhf.Core;
using Rlhf.LabelingUi.Shell.Texts;
using Rlhf.Testing;

namespace Rlhf.LabelingUi.Tests.Texts;

/// <summary>What is wrong, in the language of the page.</summary>
public sealed class ErrorTextsTests : IDisposable
{
    /// <summary>Where forms of pages are read, and the rules that they come to.</summary>
    private static readonly string[] Shown =
    [
        "labeling-ui/Rlhf.LabelingUi/Features/Projects/Forms", "labeling-ui/Rlhf.LabelingUi/Features/Projects/Pages",
        "labeling-ui/Rlhf.LabelingUi/Features/Projects/Reviewing", "labeling-ui/Rlhf.LabelingUi/Features/Projects/Sampling",
        "labeling-ui/Rlhf.LabelingUi/Features/Projects/Training", "labeling-ui/Rlhf.LabelingUi/Features/Quality",
        "src/Rlhf.Storage/Labeling/LabelingReviews.cs", "src/Rlhf.Storage/Labeling/ProjectChanges.cs",
        "src/Rlhf.Storage/Labeling/SettingsRules.cs", "src/Rlhf.Storage/Quality/PromptReliability.cs",
    ];

    private readonly CultureInfo _before = CultureInfo.CurrentUICulture;
    private readonly ServiceProvider _services =
        new ServiceCollection().AddLogging().AddLocalization().BuildServiceProvider();

    private IStringLocalizer<ErrorTexts> Texts => _services.GetRequiredService<IStringLocalizer<ErrorTexts>>();

    static ErrorTextsTests() => Languages.FindTexts();

    [Theory]
    [InlineData("en", "the strength must be a number; got 'x {0}'", "answers: 'tone': completion B has no rating")]
    [InlineData("de",
        "Die Stärke: erwartet wird eine Zahl; angegeben ist „x {0}“", "Antwort auf „tone“: Antwort B hat keine Bewertung")]
    [InlineData("zh-Hans", "强度：应为数字；输入的是“x {0}”", "对“tone”的回答：候选回答 B 没有评分")]
    public void An_error_is_said_with_its_values_and_words(string language, string number, string rating)
    {
        CultureInfo.CurrentUICulture = new CultureInfo(language);
        string what = "the strength", given = "x {0}", place = "answers: 'tone'", completion = "completion 1";
        Assert.Equal(number, Texts.Of(new UserError($"{what} must be a number; got '{given}'")));
        // Passed on word for word, under the name of a field.
        var inner = new UserError($"{place}: {completion} has no rating");
        Assert.Equal(rating, Texts.Of(new UserError(inner.Message, inner) { Field = "answers.tone" }));
        Assert.Equal("never said {0}", Texts.Of(new UserError("never said {0}")));
    }

    [Fact]
    public void Why_a_statistic_has_no_value_is_said()
    {
        CultureInfo.CurrentUICulture = new CultureInfo("de");
        Assert.Null(Texts.Reason(null));
        Assert.Equal("nichts beobachtet", Texts.Reason("nothing was observed"));
        Assert.Equal("nie verglichen: a, b; nie besser als andere: c",
            Texts.Reason("never compared: a, b; never better than another: c"));
        Assert.Equal("something else: a", Texts.Reason("something else: a"));
    }

    [Fact]
    public void Every_translated_text_is_one_that_the_program_gives()
    {
        string[] sources = [.. new[] { "src", "labeling-ui" }.SelectMany(folder => Directory.EnumerateFiles(
            Path.Combine(SharedData.RepositoryRoot, folder), "*.*", SearchOption.AllDirectories))
            .Where(file => Path.GetExtension(file) is ".cs" or ".razor").Select(file => Joined(File.ReadAllText(file)))];
        string all = string.Join('\n', sources);
        var keys = TextsTests.Read("Rlhf.LabelingUi.Shell.Texts.ErrorTexts", CultureInfo.InvariantCulture).Keys;
        Assert.DoesNotContain(keys, key => !Regex.IsMatch(all, "\"" + Pattern(key) + "\""));
    }

    [Fact]
    public void Every_error_of_a_form_is_translated()
    {
        string[] keys = [.. TextsTests.Read("Rlhf.LabelingUi.Shell.Texts.ErrorTexts", CultureInfo.InvariantCulture).Keys.Select(Pattern)];
        var missing = new List<string>();
        foreach (string file in Shown.Select(path => Path.Combine(SharedData.RepositoryRoot, path)).SelectMany(path =>
            Directory.Exists(path) ? Directory.EnumerateFiles(path, "*.*", SearchOption.AllDirectories) : [path]))
        {
            if (Path.GetExtension(file) is not (".cs" or ".razor"))
                continue;
            missing.AddRange(Regex.Matches(Joined(File.ReadAllText(file)), "new UserError\\(\\s*\\$?\"((?:[^\"\\\\]|\\\\.)*?)\"[,)]")
                .Select(match => match.Groups[1].Value).Where(text => !keys.Any(key => Regex.IsMatch(text, $"^{key}$")))
                .Select(text => $"{Path.GetFileName(file)}: {text}"));
        }
        Assert.Empty(missing);
    }

    public void Dispose()
    {
        CultureInfo.CurrentUICulture = _before;
        _services.Dispose();
    }

    /// <summary>Literals that are put together are one.</summary>
    private static string Joined(string code) => Regex.Replace(code, "\"\\s*\\+ \\$?\"", "");

    /// <summary>The literal of a text: where it has the place of a value, there is some expression in braces.</summary>
    private static string Pattern(string key) => Regex.Replace(Regex.Escape(key), @"\\\{\d+}", @"\{.+?\}");
}

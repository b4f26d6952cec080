using System.Collections;
using System.Globalization;
using System.Resources;
using System.Text.RegularExpressions;
using Rlhf.LabelingUi.Shell.Texts;
using Rlhf.Testing;

namespace Rlhf.LabelingUi.Tests.Texts;

/// <summary>Every text in every language.</summary>
public sealed class TextsTests
{
    private const string Suffix = ".resources";

    public static TheoryData<string> Names => [.. typeof(LabelingServer).Assembly.GetManifestResourceNames()
        .Where(name => name.EndsWith(Suffix, StringComparison.Ordinal)).Select(name => name[..^Suffix.Length])];

    [Theory]
    [MemberData(nameof(Names))]
    public void Every_language_has_the_same_texts_with_the_same_places(string name)
    {
        var english = Read(name, CultureInfo.InvariantCulture);
        Assert.NotEmpty(english);
        foreach (var (language, _) in Languages.All.Where(language => language.Code != Languages.Default))
        {
            var texts = Read(name, new CultureInfo(language));
            Assert.Equal(english.Keys, texts.Keys);
            foreach (var (key, text) in english)
            {
                Assert.NotEqual("", texts[key].Trim());
                Assert.Equal((key, Places(text)), (key, Places(texts[key])));
            }
        }
    }

    [Fact]
    public void Every_text_that_a_page_shows_exists()
    {
        string root = Path.Combine(SharedData.RepositoryRoot, "labeling-ui", "Rlhf.LabelingUi");
        var missing = new List<string>();
        foreach (string file in Directory.EnumerateFiles(root, "*.razor", SearchOption.AllDirectories))
        {
            string page = File.ReadAllText(file);
            var injected = Regex.Match(page, @"IStringLocalizer<(\w+)> (\w+)");
            if (!injected.Success)
                continue;
            string name = Names.Select(row => row.Data).Single(n => n.EndsWith("." + injected.Groups[1].Value, StringComparison.Ordinal));
            var known = Read(name, CultureInfo.InvariantCulture);
            missing.AddRange(Regex.Matches(page, $@"\b{injected.Groups[2].Value}\[""(\w+)""[,\]]").Select(m => m.Groups[1].Value)
                .Where(key => !known.ContainsKey(key)).Select(key => $"{Path.GetFileName(file)}: {key}"));
        }
        Assert.Empty(missing);
    }

    internal static SortedDictionary<string, string> Read(string name, CultureInfo culture)
    {
        var set = new ResourceManager(name, typeof(LabelingServer).Assembly)
            .GetResourceSet(culture, createIfNotExists: true, tryParents: false);
        Assert.True(set is not null, $"{name} has no texts in '{culture.Name}'");
        return new SortedDictionary<string, string>(
            set.Cast<DictionaryEntry>().ToDictionary(entry => (string)entry.Key, entry => (string)entry.Value!), StringComparer.Ordinal);
    }

    private static string Places(string text) =>
        string.Join(' ', Regex.Matches(text, @"\{\d+[^}]*\}").Select(match => match.Value).Distinct().Order(StringComparer.Ordinal));
}

using Rlhf.Core.Options;
using Rlhf.Definitions.Binding;
using Rlhf.Definitions.Yaml;

namespace Rlhf.Definitions.Tests;

/// <summary>A path in the options is one from the folder of the command, wherever the hub that reads it runs.</summary>
public sealed class FilePathTests
{
    /// <summary>Options of one text each that name no file.</summary>
    private static readonly string[] s_other =
        ["Device", "GoldReward", "Project", "Name", "Text", "Guidelines", "Date", "From", "TemplateText"];

    [Theory]
    [InlineData("models/start", "{here}/models/start")]
    [InlineData("./x/../y.jsonl", "{here}/y.jsonl")]
    [InlineData("/models/start", "/models/start")]
    [InlineData("", "")]
    [InlineData("a\0b", "a\0b")]
    public void A_relative_path_becomes_absolute_when_it_is_bound(string given, string bound)
    {
        var node = new YamlMapping(new Place("file.yaml", 1), [Entry("model", given)]);
        var options = (RewardOptions)OptionBinder.Bind(node, typeof(RewardOptions), "reward");
        Assert.Equal(bound.Replace("{here}", Environment.CurrentDirectory, StringComparison.Ordinal), options.Model);
    }

    [Theory]
    [InlineData("grammar", "grammar")]
    [InlineData("stories", "stories")]
    public void A_word_that_stands_for_no_file_stays(string given, string kept)
    {
        var node = new YamlMapping(new Place("file.yaml", 1), [Entry("source", given)]);
        Assert.Equal(kept, ((PromptOptions)OptionBinder.Bind(node, typeof(PromptOptions), "prompts")).Source);
    }

    [Fact]
    public void Every_text_option_of_the_stages_is_a_path_or_known_to_be_none()
    {
        var records = typeof(StageOptions).Assembly.GetTypes().Where(t => t.Namespace == typeof(StageOptions).Namespace && !t.IsAbstract
            && !t.IsSubclassOf(typeof(Attribute)));
        string[] unknown = [.. records.SelectMany(r => r.GetProperties())
            .Where(p => p.PropertyType == typeof(string) && p.CanWrite && !p.IsDefined(typeof(FilePathAttribute), true))
            .Select(p => p.Name).Distinct().Except(s_other)];
        Assert.Empty(unknown);
    }

    private static YamlEntry Entry(string key, string value)
    {
        var place = new Place("file.yaml", 1);
        return new YamlEntry(place, key, new YamlScalar(place, value, plain: false));
    }
}

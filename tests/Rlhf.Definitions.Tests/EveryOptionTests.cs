using Rlhf.Core.Options;
using Rlhf.Definitions.Binding;
using Rlhf.Definitions.Help;
using Rlhf.Testing;

namespace Rlhf.Definitions.Tests;

/// <summary>What must hold for the options of every stage, also of those that come later.</summary>
public sealed class EveryOptionTests
{
    public static TheoryData<Type> Stages =>
        [.. typeof(StageOptions).Assembly.GetTypes().Where(t => t.IsSubclassOf(typeof(StageOptions)) && !t.IsAbstract)
            .OrderBy(t => t.Name, StringComparer.Ordinal)];

    [Theory]
    [MemberData(nameof(Stages))]
    public void Each_option_says_what_it_means(Type stage) =>
        Assert.Empty(OptionsHelp.Describe(stage).Where(o => o.Text.Length == 0).Select(o => o.Key));

    [Theory]
    [MemberData(nameof(Stages))]
    public void The_defaults_pass_their_own_checks(Type stage)
    {
        object defaults = Activator.CreateInstance(stage)!;
        foreach (var option in OptionProperty.PropertiesOf(stage).Where(o => !o.Required))
        {
            if (option.Property.GetValue(defaults) is { } value)
                Assert.Null(OptionChecks.Complaint(option, value));
        }
    }

    [Theory]
    [MemberData(nameof(Stages))]
    public void What_help_shows_as_defaults_can_be_set_and_changes_nothing(Type stage)
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder["empty.yaml"], "");
        string[] required = [.. OptionsHelp.Describe(stage)
            .Where(o => o is { Required: true, Default: null, Section: false } && !o.Key.Contains("[]"))
            .Select(o => $"{o.Key}={(o.Type.StartsWith("a list", StringComparison.Ordinal) ? "[x]" : "x")}")];
        // To set anything in a section that is absent by default makes it be there.
        object instance = Activator.CreateInstance(stage)!;
        string[] absent = [.. OptionProperty.PropertiesOf(stage).Where(o => o.Property.GetValue(instance) is null)
            .Select(o => o.Key + ".")];
        string[] defaults = [.. OptionsHelp.Describe(stage)
            .Where(o => o.Default is not null && !o.Key.Contains("[]") && !absent.Any(a => o.Key.StartsWith(a, StringComparison.Ordinal)))
            .Select(o => $"{o.Key}={o.Default}")];
        string expected = OptionsJson.Write(OptionsFile.Bind(stage, folder["empty.yaml"], required));
        Assert.Equal(expected, OptionsJson.Write(OptionsFile.Bind(stage, folder["empty.yaml"], [.. required, .. defaults])));
        Assert.Equal(expected, OptionsJson.Write(OptionsJson.Read(stage, expected)));
    }
}

using System.Reflection;
using Rlhf.Core.Options.Labeling;
using Rlhf.Storage.Entities;
using Rlhf.Storage.Labeling;

namespace Rlhf.Storage.Tests.Labeling;

public sealed class TemplateSettingsTests
{
    public static TheoryData<string> Names => [.. typeof(ProjectSettingsTemplate).GetProperties().Select(property => property.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public void Each_setting_of_a_template_reaches_the_project_and_changes_nothing_else(string name)
    {
        var property = typeof(ProjectSettingsTemplate).GetProperty(name)!;
        var type = Nullable.GetUnderlyingType(property.PropertyType) ?? property.PropertyType;
        object value = type == typeof(double) ? 0.125 : type == typeof(int) ? 7 : "careful";
        var given = new ProjectSettingsTemplate();
        property.SetValue(given, value);

        var before = new ProjectSettings();
        var after = TemplateSettings.Apply(new ProjectTemplate { Settings = given }, before);

        var own = typeof(ProjectSettings).GetProperty(name, BindingFlags.Public | BindingFlags.Instance)!;
        Assert.Equal(value, own.GetValue(after));
        own.SetValue(after, own.GetValue(before));
        Assert.Equal(before, after);
    }

    [Fact]
    public void Without_settings_only_the_number_of_completions_is_taken() => Assert.Equal(
        new ProjectSettings { Completions = 2 }, TemplateSettings.Apply(new ProjectTemplate { K = 2 }, new ProjectSettings()));
}

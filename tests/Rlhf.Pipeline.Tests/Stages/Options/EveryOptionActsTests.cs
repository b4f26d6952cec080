using System.Reflection;
using System.Text.Json;
using Rlhf.Core.Options;
using Rlhf.Pipeline.Stages;

namespace Rlhf.Pipeline.Tests.Stages.Options;

/// <summary>
/// An option without effect misleads whoever sets it. Each option of each stage is set as in a pipeline file; the run must come to
/// something else than the run without it.
/// </summary>
public sealed class EveryOptionActsTests(OptionScenario scenario) : IClassFixture<OptionScenario>
{
    public static TheoryData<string> Keys => [.. OptionChanges.All.Where(c => c.Option != "threads").Select(c => c.Key)];

    public static TheoryData<string> Kinds => [.. StageTable.All.Select(s => s.Kind)];

    [Fact]
    public void Every_option_is_changed()
    {
        string[] options = [.. StageTable.All.SelectMany(s => Options(s.OptionsType, s.Kind + "."))];
        string[] changed = [.. OptionChanges.All.Select(c => c.Key), .. OptionChanges.Excepted];
        Assert.Equal(options.Order(StringComparer.Ordinal), changed.Order(StringComparer.Ordinal));
    }

    /// <summary>Else any change would seem to act.</summary>
    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task The_same_options_come_to_the_same(string kind)
    {
        var first = await scenario.KnownAsync(kind);
        Assert.Null(first.Refused);
        Assert.NotEmpty(first.Made);
        Assert.Equal(first, await scenario.RunAsync(kind));
    }

    [Theory]
    [MemberData(nameof(Keys))]
    public Task A_change_comes_to_something_else(string key) => OptionAssert.ActsAsync(scenario, key);

    private static IEnumerable<string> Options(Type type, string prefix) =>
        type.GetProperties(BindingFlags.Public | BindingFlags.Instance).Where(p => p.CanWrite).SelectMany(p =>
        {
            string key = prefix + JsonNamingPolicy.CamelCase.ConvertName(p.Name);
            return p.PropertyType.Namespace == typeof(StageOptions).Namespace && p.PropertyType.IsClass
                ? Options(p.PropertyType, key + ".")
                : [key];
        });
}

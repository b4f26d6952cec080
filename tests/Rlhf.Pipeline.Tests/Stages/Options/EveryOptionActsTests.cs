using System.Reflection;
using System.Text.Json;
using Rlhf.Core.Options;
using Rlhf.Pipeline.Stages;
using static TorchSharp.torch;

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

/// <summary>The number of threads is one for the whole process: no other test runs meanwhile.</summary>
[Collection(nameof(ThreadsAlone))]
public sealed class ThreadsActTests(OptionScenario scenario) : IClassFixture<OptionScenario>, IDisposable
{
    private readonly int _before = ThreadsNow();

    public static TheoryData<string> Keys => [.. OptionChanges.All.Where(c => c.Option == "threads").Select(c => c.Key)];

    public void Dispose() => set_num_threads(_before);

    [Theory]
    [MemberData(nameof(Keys))]
    public async Task Another_number_of_threads_is_computed_with(string key)
    {
        Assert.NotEqual(3, _before);
        await OptionAssert.ActsAsync(scenario, key);
        Assert.Equal(3, get_num_threads());
    }

    private static int ThreadsNow()
    {
        Models.Native.Libtorch.EnsureLoaded();
        return get_num_threads();
    }
}

[CollectionDefinition(nameof(ThreadsAlone), DisableParallelization = true)]
public sealed class ThreadsAlone;

internal static class OptionAssert
{
    public static async Task ActsAsync(OptionScenario scenario, string key)
    {
        var change = OptionChanges.All.Single(c => c.Key == key);
        var without = await scenario.KnownAsync(change.Kind, change.With);
        var with = await scenario.RunAsync(change.Kind, [.. change.With, $"{change.Option}={change.Value}"]);
        if (change.Option == "device")
        {
            Assert.Contains("cuda:64", with.Refused);
            return;
        }
        Assert.Null(with.Refused);
        Assert.True(change.Told ? with.Told != without.Told : with.Made != without.Made,
            $"{key}={change.Value} changes nothing{(change.Told ? "" : " but what is told")}");
    }
}

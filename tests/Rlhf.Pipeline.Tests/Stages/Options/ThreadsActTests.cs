using static TorchSharp.torch;

namespace Rlhf.Pipeline.Tests.Stages.Options;

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

using System.Text.Json;

namespace Rlhf.Cli.Tests;

public sealed class RuntimeSettingsTests
{
    /// <summary>A background collection could free the native number of a TorchSharp scalar while libtorch is about to read it.</summary>
    [Fact]
    public void No_garbage_is_collected_in_the_background() => Assert.False(Property("System.GC.Concurrent").GetBoolean());

    /// <summary>
    /// The hub's own work and its loops (collecting, planning, taking in results) each keep a thread for as long as they compute.
    /// </summary>
    [Fact]
    public void Requests_find_a_thread_while_the_hub_works() =>
        Assert.InRange(Property("System.Threading.ThreadPool.MinThreads").GetInt32(), 8, 64);

    private static JsonElement Property(string name)
    {
        using var settings = JsonDocument.Parse(
            File.ReadAllText(Path.ChangeExtension(RlhfProgram.Executable, null) + ".runtimeconfig.json"));
        return settings.RootElement.GetProperty("runtimeOptions").GetProperty("configProperties").GetProperty(name).Clone();
    }
}

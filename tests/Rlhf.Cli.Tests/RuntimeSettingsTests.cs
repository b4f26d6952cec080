using System.Text.Json;

namespace Rlhf.Cli.Tests;

public sealed class RuntimeSettingsTests
{
    /// <summary>A background collection could free the native number of a TorchSharp scalar while libtorch is about to read it.</summary>
    [Fact]
    public void No_garbage_is_collected_in_the_background()
    {
        using var settings = JsonDocument.Parse(File.ReadAllText(Path.ChangeExtension(RlhfProgram.Executable, null) + ".runtimeconfig.json"));
        Assert.False(settings.RootElement.GetProperty("runtimeOptions").GetProperty("configProperties").GetProperty("System.GC.Concurrent").GetBoolean());
    }
}

using Rlhf.Pipeline.Runs;
using Rlhf.Testing;

namespace Rlhf.Pipeline.Tests.Runs;

/// <summary>A child process that is a shell script: $2 is the folder of the run.</summary>
internal static class ShellChild
{
    public static ChildCommand Script(TemporaryFolder place, string script)
    {
        if (OperatingSystem.IsWindows())
            Assert.Skip("SKIPPED: this test's child processes are shell scripts");
        string file = place[$"{Guid.NewGuid():N}.sh"];
        File.WriteAllText(file, script);
        return new ChildCommand("/bin/sh", [file]);
    }
}

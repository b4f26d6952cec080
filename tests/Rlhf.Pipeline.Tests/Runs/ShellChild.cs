using Rlhf.Pipeline.Runs;
using Rlhf.Testing;

namespace Rlhf.Pipeline.Tests.Runs;

/// <summary>A child process that is a shell script: $run is the folder of the run, $out that of the attempt.</summary>
internal static class ShellChild
{
    public static ChildCommand Script(TemporaryFolder place, string script)
    {
        if (OperatingSystem.IsWindows())
            Assert.Skip("SKIPPED: this test's child processes are shell scripts");
        string file = place[$"{Guid.NewGuid():N}.sh"];
        File.WriteAllText(file, "run=$2\nout=$2/attempts/$4\n" + script);
        return new ChildCommand("/bin/sh", [file]);
    }
}

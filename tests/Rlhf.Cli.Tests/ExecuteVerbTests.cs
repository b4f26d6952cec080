using System.Diagnostics;
using Rlhf.Testing;

namespace Rlhf.Cli.Tests;

/// <summary>
/// What lies in the place of run.json may be no file: opening a named pipe would block, reading a device would never end.
/// </summary>
public sealed class ExecuteVerbTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("pipe", "run.json: is a named pipe")]
    [InlineData("device", "run.json: is a character device")]
    [InlineData("huge", "run.json: the file has 1099511627776 bytes")]
    [InlineData("folder", "it has no run.json")]
    public void A_run_json_that_is_no_file_is_refused_at_once(string what, string message)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "SKIPPED: pipes and devices as on Linux");
        Make(what, _folder["run.json"]);
        Answer answer = RlhfProgram.Run("execute", _folder.Path);
        Assert.Equal((2, ""), (answer.ExitCode, answer.Error));
        // Told to the parent, which reads lines of JSON.
        Assert.StartsWith("""{"type":"error",""", answer.Text, StringComparison.Ordinal);
        Assert.Contains(message, answer.Text, StringComparison.Ordinal);
    }

    private static void Make(string what, string path)
    {
        if (what == "pipe")
        {
            using var made = Process.Start("mkfifo", [path]);
            made.WaitForExit();
        }
        else if (what == "device")
        {
            File.CreateSymbolicLink(path, "/dev/zero");
        }
        else if (what == "huge")
        {
            using var file = File.Create(path);
            file.SetLength(1L << 40);
        }
        else
        {
            Directory.CreateDirectory(path);
        }
    }
}

using System.Diagnostics;
using System.Text.Json;

namespace Rlhf.Cli.Tests.Pipelines;

/// <summary>
/// Outputs on a full disk while a pipeline runs: results that cannot be written are a failure, what is told beside them is not.
/// </summary>
[Collection(TinyLoop.Tests)]
public sealed class FullOutputTests(TinyLoop loop)
{
    private string[] Candidates(string home) =>
        ["candidates", "--home", home, "--set", $"model={loop.Model}", "--set", "trainPrompts=4", "--set", "heldOutPrompts=2", "--set",
            "sampling.maxNewTokens=4"];

    [Fact]
    public void Progress_that_cannot_be_written_to_standard_output_cancels_the_pipeline_run()
    {
        string home = loop.Home("full-progress");
        AssertFails(Candidates(home));
        var row = JsonDocument.Parse(RlhfProgram.Run("pipeline", "list", "--home", home, "--json").Text).RootElement[0];
        Assert.Equal("cancelled", row.GetProperty("state").GetString());
        Assert.StartsWith("standard output cannot be written", row.GetProperty("reason").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_result_that_cannot_be_written_is_told()
    {
        string home = loop.Home("full-result");
        AssertFails([.. Candidates(home), "--json"]);
        AssertFails(["pipeline", "list", "--home", home]);
        AssertFails(["pipeline", "list", "--home", home, "--json"]);
        AssertFails(["serve", "--home", home, "--urls", "http://127.0.0.1:0"]);
    }

    [Fact]
    public void A_full_standard_error_ends_nothing()
    {
        var (code, output, _) = Run("2> /dev/full", [.. Candidates(loop.Home("full-error")), "--json"]);
        Assert.Equal(0, code);
        Assert.True(File.Exists(JsonDocument.Parse(output).RootElement.GetProperty("candidates").GetString()));
    }

    private static void AssertFails(string[] command)
    {
        var (code, _, error) = Run("> /dev/full", command);
        Assert.Equal(1, code);
        // With --json, progress comes before it.
        Assert.Equal("rlhf: standard output cannot be written: No space left on device", error.TrimEnd('\n').Split('\n')[^1]);
        Assert.DoesNotContain("   at ", error, StringComparison.Ordinal);
    }

    private static (int Code, string Output, string Error) Run(string redirection, string[] command)
    {
        Assert.SkipUnless(File.Exists("/dev/full"), "SKIPPED: no /dev/full");
        var start = new ProcessStartInfo("/bin/sh", ["-c", $"exec \"$0\" \"$@\" {redirection}", RlhfProgram.Executable, .. command])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["OMP_NUM_THREADS"] = "1";
        using var process = Process.Start(start)!;
        var error = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, output, error.GetAwaiter().GetResult());
    }
}

using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using Rlhf.Storage;
using Rlhf.Storage.Entities;

namespace Rlhf.Cli.Tests.Pipelines;

/// <summary>Signals to a run's process and to the hub's: SIGKILL, SIGTERM and Ctrl+C.</summary>
[Collection(TinyLoop.Tests)]
public sealed class KilledProcessTests(TinyLoop loop)
{
    /// <summary>Options with which a run would go on for hours.</summary>
    private static readonly string[] LongRun =
        ["--set", "ppo.updates=1000000", "--set", "candidates.sampling.maxNewTokens=200", "--set", "candidates.trainPrompts=0", "--set",
            "candidates.prompts.count=20000"];

    [Fact]
    public async Task A_killed_run_is_taken_up_again_and_the_result_is_the_same()
    {
        using var hub = Start("killed");
        using (var child = Process.GetProcessById(await ChildOfAsync(hub)))
            child.Kill();
        string output = await hub.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        await hub.WaitForExitAsync(TestContext.Current.CancellationToken);

        Assert.Equal(0, hub.ExitCode);
        string killed = Policy(output);
        var whole = RlhfProgram.Run("pipeline", "run", loop.File, "--home", loop.Home("whole"), "--json", "--set", $"model={loop.Model}");
        Assert.Equal(await File.ReadAllBytesAsync(Policy(whole.Text), TestContext.Current.CancellationToken),
            await File.ReadAllBytesAsync(killed, TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task A_run_that_is_killed_twice_is_told_in_one_line_with_exit_code_1()
    {
        using var hub = Start("twice");
        int first = await ChildOfAsync(hub);
        using (var child = Process.GetProcessById(first))
            child.Kill();
        using (var child = Process.GetProcessById(await ChildOfAsync(hub, otherThan: first)))
            child.Kill();
        string error = await hub.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        await hub.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.Equal(1, hub.ExitCode);
        Assert.StartsWith("rlhf: candidates: ended by signal 9", error.TrimEnd('\n').Split('\n')[^1], StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_end_of_the_hub_is_the_end_of_its_child()
    {
        using var hub = Start("orphan", LongRun);
        using var child = Process.GetProcessById(await ChildOfAsync(hub));
        hub.Kill();
        Assert.True(child.WaitForExit(TimeSpan.FromSeconds(20)), "the run's process outlives its hub");
    }

    [Theory]
    [InlineData("TERM", 143)]
    [InlineData("INT", 130)]
    public async Task A_signal_ends_with_its_exit_code_and_takes_the_child_along(string signal, int code)
    {
        var stop = TestContext.Current.CancellationToken;
        using var hub = Start("signal" + signal, LongRun);
        using var child = Process.GetProcessById(await ChildOfAsync(hub));
        using (var kill = Process.Start("kill", [$"-{signal}", hub.Id.ToString(CultureInfo.InvariantCulture)]))
            await kill.WaitForExitAsync(stop);
        string error = await hub.StandardError.ReadToEndAsync(stop);
        await hub.WaitForExitAsync(stop);
        Assert.Equal(code, hub.ExitCode);
        Assert.EndsWith("rlhf: interrupted\n", error, StringComparison.Ordinal);
        Assert.True(child.WaitForExit(TimeSpan.FromSeconds(20)), "the run's process outlives its hub");

        // What Ctrl+C ends is not wanted; a machine that goes down leaves it to the next hub.
        using var database = await RlhfDatabase.OpenAsync(Path.Combine(loop.Home("signal" + signal), "rlhf.db"), stop);
        await using var context = database.OpenReadContext();
        var row = await context.PipelineRuns.SingleAsync(stop);
        Assert.Equal(signal == "INT" ? (RunState.Cancelled, "cancelled with Ctrl+C") : (RunState.Running, null), (row.State, row.Reason));
    }

    private Process Start(string home, params string[] more) => RlhfProgram.Start(
        ["pipeline", "run", loop.File, "--home", loop.Home(home), "--json", "--set", $"model={loop.Model}", .. more]);

    private static string Policy(string output) => Path.Combine(
        JsonDocument.Parse(output.TrimEnd('\n').Split('\n')[^1]).RootElement.GetProperty("policy").GetString()!, "model.safetensors");

    /// <summary>A child process, as soon as there is one.</summary>
    private static async Task<int> ChildOfAsync(Process parent, int otherThan = 0)
    {
        if (!OperatingSystem.IsLinux())
            Assert.Skip("SKIPPED: children are found in /proc");
        while (!parent.HasExited)
        {
            foreach (string task in Directory.EnumerateDirectories($"/proc/{parent.Id}/task"))
            {
                foreach (string child in Children(task).Split(' ', StringSplitOptions.RemoveEmptyEntries))
                {
                    if (int.Parse(child, CultureInfo.InvariantCulture) is var id && id != otherThan)
                        return id;
                }
            }
            await Task.Yield();
        }
        throw new InvalidOperationException("The hub ended before it started a child: "
            + await parent.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken));

        static string Children(string task)
        {
            try
            {
                return File.ReadAllText(Path.Combine(task, "children"));
            }
            catch (IOException)
            {
                // The thread has ended since it was listed.
                return "";
            }
        }
    }
}

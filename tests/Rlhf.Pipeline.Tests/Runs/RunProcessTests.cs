using System.Diagnostics;
using Rlhf.Pipeline.Runs;
using Rlhf.Testing;

namespace Rlhf.Pipeline.Tests.Runs;

public sealed class RunProcessTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    private readonly TemporaryFolder _place = new();
    private readonly AttemptFolder _run;
    private readonly List<RunLine> _lines = [];

    public RunProcessTests() => _run = new RunFolder(_place["run"]).Attempt(1).Create();

    public void Dispose() => _place.Dispose();

    [Fact]
    public async Task A_run_with_a_result_is_completed_and_its_messages_arrive_in_order()
    {
        var outcome = await FollowAsync("""
            echo '{"type":"progress","phase":"train","done":1,"total":2,"tokensPerSecond":5.5}'
            echo 'a library says something'
            echo '{"type":"metrics","step":3,"values":{"loss":0.25,"odd":"NaN"}}'
            echo 'trouble' >&2
            echo '{}' > "$out/result.pending.json"
            """);

        Assert.IsType<RunOutcome.Completed>(outcome);
        Assert.Equal(new ProgressLine("train", 1, 2, 5.5), _lines[0]);
        var metrics = Assert.IsType<MetricsLine>(_lines[1]);
        Assert.Equal(0.25, metrics.Values["loss"]);
        Assert.True(double.IsNaN(metrics.Values["odd"]));
        Assert.Equal(2, _lines.Count);
        string log = await File.ReadAllTextAsync(_run.LogFile, TestContext.Current.CancellationToken);
        Assert.Contains("a library says something", log, StringComparison.Ordinal);
        Assert.Contains("trouble", log, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_refusal_carries_its_reason()
    {
        var outcome = await FollowAsync("""
            echo '{"type":"error","message":"model: no such folder"}'
            exit 2
            """);
        Assert.Equal(new RunOutcome.Refused("model: no such folder"), outcome);
    }

    [Fact]
    public async Task A_diverged_training_is_an_outcome_of_its_own()
    {
        var outcome = await FollowAsync("""
            echo '{"type":"error","message":"the loss is NaN in update 3"}'
            exit 3
            """);
        Assert.Equal(new RunOutcome.Diverged("the loss is NaN in update 3"), outcome);
    }

    [Theory]
    [InlineData("true", false)]
    [InlineData("false", true)]
    public async Task A_process_says_whether_its_failure_would_repeat(string mayRetry, bool wouldRepeat)
    {
        var outcome = await FollowAsync($$"""
            echo '{"type":"error","message":"broken","mayRetry":{{mayRetry}}}'
            exit 1
            """);
        Assert.Equal(new RunOutcome.Crashed("broken", wouldRepeat), outcome);
    }

    [Fact]
    public async Task A_kill_9_is_told_as_such()
    {
        var outcome = await FollowAsync("kill -9 $$");
        Assert.Equal("ended by signal 9", Assert.IsType<RunOutcome.Crashed>(outcome).Reason);
    }

    [Fact]
    public async Task A_crash_carries_the_last_words()
    {
        var outcome = await FollowAsync("echo 'out of memory' >&2; exit 7");
        Assert.Equal("ended with exit code 7: out of memory", Assert.IsType<RunOutcome.Crashed>(outcome).Reason);
    }

    [Fact]
    public async Task An_end_without_a_result_is_no_success() =>
        Assert.Equal("ended without a result", Assert.IsType<RunOutcome.Crashed>(await FollowAsync("exit 0")).Reason);

    [Fact]
    public async Task A_program_that_is_not_there_is_a_reason_not_an_exception()
    {
        var outcome = await RunProcess.FollowAsync(
            _run, new ChildCommand(_place["nothing"], []), Patience, _lines.Add, TestContext.Current.CancellationToken);
        Assert.Contains("could not be started", Assert.IsType<RunOutcome.Crashed>(outcome).Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Stopping_ends_the_process_and_its_children()
    {
        using var stop = new CancellationTokenSource();
        int grandchild = 0;
        var outcome = await RunProcess.FollowAsync(_run, ShellChild.Script(_place, """
            sleep 600 &
            echo "{\"type\":\"progress\",\"phase\":\"started\",\"done\":$!,\"total\":1,\"tokensPerSecond\":0}"
            wait
            """), Patience, line =>
        {
            grandchild = (int)((ProgressLine)line).Done;
            stop.Cancel();
        }, stop.Token);

        Assert.IsType<RunOutcome.Cancelled>(outcome);
        Assert.NotEqual(0, grandchild);
        Assert.True(HasEnded(grandchild));
    }

    [Fact]
    public async Task The_memory_of_children_counts()
    {
        // dd has filled its block of 64 MB once its first byte comes out, and holds it until somebody takes the rest: the child
        // does so when the message has been seen here.
        var outcome = await RunProcess.FollowAsync(_run, ShellChild.Script(_place, """
            mkfifo "$out/zeros" "$out/seen"
            dd if=/dev/zero of="$out/zeros" bs=64M count=1 2>/dev/null &
            exec 3<"$out/zeros"
            head -c 1 <&3 >/dev/null
            echo '{"type":"progress","phase":"holds","done":1,"total":2,"tokensPerSecond":0}'
            read word <"$out/seen"
            cat <&3 >/dev/null
            echo '{}' > "$out/result.pending.json"
            """), Patience, _ => File.WriteAllText(Path.Combine(_run.Path, "seen"), "go\n"), TestContext.Current.CancellationToken);
        Assert.True(Assert.IsType<RunOutcome.Completed>(outcome).PeakBytes >= 64 << 20);
    }

    private Task<RunOutcome> FollowAsync(string script) =>
        RunProcess.FollowAsync(_run, ShellChild.Script(_place, script), Patience, _lines.Add, TestContext.Current.CancellationToken);

    /// <summary>Gone, or a zombie that its new parent has not looked at yet.</summary>
    private static bool HasEnded(int id)
    {
        try
        {
            using var process = Process.GetProcessById(id);
            return process.HasExited || process.WaitForExit(TimeSpan.FromSeconds(5));
        }
        catch (ArgumentException)
        {
            return true;
        }
    }
}

using System.Globalization;
using Rlhf.Pipeline.Runs;
using Rlhf.Testing;

namespace Rlhf.Pipeline.Tests.Runs;

/// <summary>Children that print without end or not at all, and parents that cannot record what they print. Nothing may hang.</summary>
public sealed class HostileChildTests : IDisposable
{
    private const string Metrics = """{"type":"metrics","step":1,"values":{"loss":0.5}}""";

    private readonly TemporaryFolder _place = new();
    private readonly AttemptFolder _attempt;

    public HostileChildTests() => _attempt = new RunFolder(_place["run"]).Attempt(1).Create();

    public void Dispose() => _place.Dispose();

    [Fact]
    public async Task A_handler_that_throws_ends_the_child_and_the_attempt()
    {
        // More than a pipe holds: a child whose output nobody reads any more would block here for ever.
        int called = 0;
        var outcome = await FollowAsync($"while true; do echo '{Metrics}'; done", _ =>
        {
            called++;
            throw new InvalidOperationException("database is locked");
        });
        Assert.Equal("what its process reported could not be recorded: database is locked", Reason(outcome));
        Assert.Equal(1, called);
    }

    [Fact]
    public async Task A_log_that_cannot_be_written_ends_the_child_and_the_attempt()
    {
        Assert.SkipUnless(File.Exists("/dev/full"), "SKIPPED: no /dev/full");
        File.CreateSymbolicLink(_attempt.LogFile, "/dev/full");
        var outcome = await FollowAsync("while true; do echo 'a library says something'; done", _ => { });
        Assert.Contains("No space left on device", Reason(outcome), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_folder_that_is_gone_is_a_reason_not_an_exception()
    {
        Directory.Delete(_attempt.Path);
        Assert.Contains("run.log", Reason(await FollowAsync("exit 0", _ => { })), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_suspended_child_is_ended_after_its_silence()
    {
        var outcome = await FollowAsync("kill -STOP $$", _ => { }, TimeSpan.FromSeconds(0.4));
        Assert.Equal("its process gave no sign of life for 0.4 s (it was suspended or is stuck) and was ended", Reason(outcome));
    }

    [Fact]
    public void Silence_is_counted_from_the_last_line()
    {
        var count = new SilenceCount();
        for (int tick = 0; tick < 5 * SilenceCount.Ticks; tick++)
            Assert.False(count.Tick(tick / (SilenceCount.Ticks - 1)));
        Assert.Equal(SilenceCount.Ticks, Enumerable.Range(0, 3 * SilenceCount.Ticks).TakeWhile(_ => !count.Tick(1000)).Count());
        Assert.False(count.Tick(1000));
    }

    [Fact]
    public async Task Alive_lines_are_signs_of_life_and_nothing_else()
    {
        var outcome = await FollowAsync("""
            echo '{"type":"alive"}'
            echo '{}' > "$out/result.pending.json"
            """, _ => Assert.Fail("an alive line is no message"));
        Assert.IsType<RunOutcome.Completed>(outcome);
        Assert.Empty(await File.ReadAllTextAsync(_attempt.LogFile, TestContext.Current.CancellationToken));
        Assert.Equal(new AliveLine(), RunLine.TryParse(new AliveLine().ToJson()));
    }

    [Fact]
    public async Task A_process_that_is_left_behind_with_the_pipes_holds_nobody_up()
    {
        var outcome = await FollowAsync("""
            setsid sleep 600 &
            echo $! > "$out/left"
            echo '{}' > "$out/result.pending.json"
            """, _ => { });
        using (var left = System.Diagnostics.Process.GetProcessById(
            int.Parse(await File.ReadAllTextAsync(_attempt.In("left"), TestContext.Current.CancellationToken),
                CultureInfo.InvariantCulture)))
            left.Kill();
        Assert.IsType<RunOutcome.Completed>(outcome);
    }

    [Fact]
    public async Task A_line_without_end_is_cut_and_the_next_one_is_read()
    {
        var lines = new List<RunLine>();
        var outcome = await FollowAsync($$"""
            head -c 9000000 /dev/zero | tr '\0' x
            echo
            echo '{{Metrics}}'
            echo '{}' > "$out/result.pending.json"
            """, lines.Add);
        Assert.IsType<RunOutcome.Completed>(outcome);
        Assert.IsType<MetricsLine>(Assert.Single(lines));
        Assert.True(new FileInfo(_attempt.LogFile).Length < 5 << 20);
    }

    [Fact]
    public async Task Lines_are_bounded_and_whole_whatever_the_reads_return()
    {
        foreach (string text in new[] { "", "a", "a\n", "\n\n", "a\r\nbb\nccc", new string('x', 20000) + "\nend" })
        {
            var lines = new BoundedLines(new StringReader(text), 12000);
            var read = new List<string>();
            while (await lines.ReadAsync() is { } line)
                read.Add(line);
            using var reference = new StringReader(text);
            var expected = new List<string>();
            while (await reference.ReadLineAsync(TestContext.Current.CancellationToken) is { } line)
                expected.Add(line.Length > 12000 ? line[..12000] + BoundedLines.CutMark : line);
            Assert.Equal(expected, read);
        }
    }

    [Fact]
    public void A_log_ends_at_its_limit()
    {
        using (var log = new ChildLog(_attempt.LogFile, maxCharacters: 20))
        {
            for (int i = 0; i < 5; i++)
                log.WriteLine("nine char");
        }
        Assert.Equal("nine char\nnine char\n(the log ends here: its limit is reached)\n", File.ReadAllText(_attempt.LogFile));
    }

    private static string Reason(RunOutcome outcome) => Assert.IsType<RunOutcome.Crashed>(outcome).Reason;

    private Task<RunOutcome> FollowAsync(string script, Action<RunLine> onLine, TimeSpan? silence = null)
    {
        var child = ShellChild.Script(_place, script);
        return WaitLimit.ApplyAsync(
            "the end of the child", stop => RunProcess.FollowAsync(_attempt, child, silence ?? 2 * WaitLimit.Patience, onLine, stop));
    }
}

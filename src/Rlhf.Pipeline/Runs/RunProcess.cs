using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;

namespace Rlhf.Pipeline.Runs;

/// <summary>
/// Runs the process of one attempt and follows it. A failure of the process (a crash inside libtorch, a kill −9) or of this side (a
/// full disk, a locked database) ends the process and becomes an outcome; no exception reaches the caller.
/// </summary>
public static class RunProcess
{
    /// <summary>Exit codes of <c>rlhf execute</c>.</summary>
    public const int Refused = 2;

    /// <inheritdoc cref="Refused"/>
    public const int Diverged = 3;

    /// <summary>How long outputs may stay open after the end of the process, held by a process that it left behind.</summary>
    private static readonly TimeSpan DrainTime = TimeSpan.FromSeconds(3);

    /// <param name="attempt">Its folder; what the process prints beside its messages goes to its run.log.</param>
    /// <param name="command">What to start.</param>
    /// <param name="silence">
    /// A process without a line or heartbeat for so long is ended: it is suspended or stuck.
    /// </param>
    /// <param name="onLine">
    /// Called for each message, one at a time, on any thread. An exception from it ends the process and the attempt.
    /// </param>
    /// <param name="stop">Ends the process with all its children.</param>
    public static async Task<RunOutcome> FollowAsync(
        AttemptFolder attempt, ChildCommand command, TimeSpan silence, Action<RunLine> onLine, CancellationToken stop)
    {
        using var process = new Process { StartInfo = command.StartInfo(attempt) };
        string? fault = null;
        void End(string reason)
        {
            Interlocked.CompareExchange(ref fault, reason, null);
            Kill(process);
        }
        try
        {
            using var log = new ChildLog(attempt.LogFile);
            process.Start();
            using var memory = MemoryUse.WatchTree(process.Id);
            using var kill = stop.Register(() => Kill(process));
            using var ended = new CancellationTokenSource();
            var output = new ChildOutput(log, message =>
            {
                // Messages end batches, when most is held: short runs are seen too.
                memory.Sample();
                onLine(message);
            }, e => End($"what its process reported could not be recorded: {e.Message}"));
            var reading = output.ReadAsync(process.StandardOutput, process.StandardError);
            var watch = WatchAsync(output, silence, End, ended.Token);
            await process.WaitForExitAsync(CancellationToken.None);
            await DrainAsync(reading, output);
            await ended.CancelAsync();
            await watch;
            return stop.IsCancellationRequested ? new RunOutcome.Cancelled()
                : fault is not null ? new RunOutcome.Crashed(fault)
                : Outcome(process.ExitCode, output, File.Exists(attempt.PendingResultFile), memory);
        }
        catch (Win32Exception e)
        {
            return new RunOutcome.Crashed($"{command.Program} could not be started: {e.Message}");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return new RunOutcome.Crashed(e.Message);
        }
    }

    private static RunOutcome Outcome(int exitCode, ChildOutput output, bool hasResult, MemoryUse memory) => exitCode switch
    {
        0 when hasResult => new RunOutcome.Completed(memory.PeakBytes),
        0 => new RunOutcome.Crashed("ended without a result"),
        Refused when output.Error is { } error => new RunOutcome.Refused(error.Message),
        Diverged when output.Error is { } error => new RunOutcome.Diverged(error.Message),
        _ when output.Error is { } error => new RunOutcome.Crashed(error.Message, WouldRepeat: !error.MayRetry),
        _ => new RunOutcome.Crashed(Describe(exitCode, output.LastWords)),
    };

    /// <summary>Ends a process that has been silent for too long.</summary>
    private static async Task WatchAsync(ChildOutput output, TimeSpan silence, Action<string> end, CancellationToken ended)
    {
        using var timer = new PeriodicTimer(silence / SilenceCount.Ticks);
        var count = new SilenceCount();
        try
        {
            while (await timer.WaitForNextTickAsync(ended))
            {
                if (count.Tick(output.Lines))
                {
                    string seconds = silence.TotalSeconds.ToString("0.#", CultureInfo.InvariantCulture);
                    end(output.Handling
                        ? $"what its process reported could not be recorded within {seconds} s"
                        : $"its process gave no sign of life for {seconds} s (it was suspended or is stuck) and was ended");
                }
            }
        }
        catch (OperationCanceledException)
        {
            // The process has ended.
        }
    }

    /// <summary>Until both outputs are read, as long as there is something to read or to record.</summary>
    private static async Task DrainAsync(Task reading, ChildOutput output)
    {
        long before;
        do
        {
            before = output.Lines;
            await Task.WhenAny(reading, Task.Delay(DrainTime));
        }
        while (!reading.IsCompleted && (output.Handling || output.Lines != before));
    }

    /// <summary>"ended by signal 9": .NET reports a process ended by a signal as 128 + its number.</summary>
    internal static string Describe(int exitCode, string lastWords)
    {
        string how = !OperatingSystem.IsWindows() && exitCode > 128
            ? string.Create(CultureInfo.InvariantCulture, $"ended by signal {exitCode - 128}")
            : string.Create(CultureInfo.InvariantCulture, $"ended with exit code {exitCode}");
        return string.IsNullOrWhiteSpace(lastWords) ? how : $"{how}: {lastWords.Trim()}";
    }

    private static void Kill(Process process)
    {
        try
        {
            process.Kill(entireProcessTree: true);
        }
        catch (Exception e) when (e is InvalidOperationException or Win32Exception or AggregateException)
        {
            // It has ended by itself meanwhile.
        }
    }
}

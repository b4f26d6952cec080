using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;

namespace Rlhf.Pipeline.Runs;

/// <summary>
/// Runs the process of one run and follows it. Whatever happens in there — a crash inside libtorch, a kill −9 — comes out as
/// an outcome: the process that called goes on.
/// </summary>
public static class RunProcess
{
    private const int BadInput = 2;
    private const int LastLines = 3;

    /// <param name="attempt">Its folder; what the process prints beside its messages goes to its run.log.</param>
    /// <param name="command">What to start.</param>
    /// <param name="onLine">Called for each message, one at a time, on some thread.</param>
    /// <param name="stop">Ends the process with all its children.</param>
    public static async Task<RunOutcome> FollowAsync(AttemptFolder attempt, ChildCommand command, Action<RunLine> onLine, CancellationToken stop)
    {
        using var process = new Process { StartInfo = command.StartInfo(attempt) };
        try
        {
            process.Start();
        }
        catch (Win32Exception e)
        {
            return new RunOutcome.Crashed($"{command.Program} could not be started: {e.Message}");
        }
        await using var log = new StreamWriter(attempt.LogFile, append: true) { AutoFlush = true };
        using var memory = MemoryUse.WatchTree(process.Id);
        using var kill = stop.Register(() => Kill(process));
        string? refusal = null;
        var errors = new Queue<string>();
        var output = EachLine(process.StandardOutput, line =>
        {
            if (RunLine.TryParse(line) is not { } message)
                Log(log, line);
            else if (message is ErrorLine error)
                refusal = error.Message;
            else
            {
                // Messages end batches, when most is held: short runs are seen too.
                memory.Sample();
                onLine(message);
            }
        });
        var standardError = EachLine(process.StandardError, line =>
        {
            Log(log, line);
            errors.Enqueue(line);
            if (errors.Count > LastLines)
                errors.Dequeue();
        });
        await Task.WhenAll(output, standardError, process.WaitForExitAsync(CancellationToken.None));
        if (stop.IsCancellationRequested)
            return new RunOutcome.Cancelled();
        return process.ExitCode switch
        {
            0 when File.Exists(attempt.ResultFile) => new RunOutcome.Completed(memory.PeakBytes),
            0 => new RunOutcome.Crashed("ended without a result"),
            BadInput when refusal is not null => new RunOutcome.Refused(refusal),
            var code => new RunOutcome.Crashed(Describe(code, refusal ?? string.Join(" ", errors))),
        };
    }

    /// <summary>"ended by signal 9": .NET reports a process ended by a signal as 128 + its number.</summary>
    internal static string Describe(int exitCode, string lastWords)
    {
        string how = !OperatingSystem.IsWindows() && exitCode > 128
            ? string.Create(CultureInfo.InvariantCulture, $"ended by signal {exitCode - 128}")
            : string.Create(CultureInfo.InvariantCulture, $"ended with exit code {exitCode}");
        return string.IsNullOrWhiteSpace(lastWords) ? how : $"{how}: {lastWords.Trim()}";
    }

    private static async Task EachLine(StreamReader reader, Action<string> action)
    {
        while (await reader.ReadLineAsync() is { } line)
            action(line);
    }

    private static void Log(StreamWriter log, string line)
    {
        lock (log)
            log.WriteLine(line);
    }

    private static void Kill(Process process)
    {
        try
        {
            process.Kill(entireProcessTree: true);
        }
        catch (Exception e) when (e is InvalidOperationException or Win32Exception)
        {
            // It has ended by itself meanwhile.
        }
    }
}

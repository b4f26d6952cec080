using System.CommandLine;
using System.Diagnostics;
using System.Runtime.InteropServices;
using Rlhf.Cli.Parsing;
using Rlhf.Core;
using Rlhf.Pipeline.Runs;
using Rlhf.Pipeline.Stages;
using Rlhf.Training;

namespace Rlhf.Cli.Verbs;

/// <summary>
/// <c>rlhf execute FOLDER</c>: the process of one attempt of a run. Executors start it; by hand it makes another attempt.
/// </summary>
internal static class ExecuteVerb
{
    public static Command Create()
    {
        var folder = new Argument<string>("FOLDER") { Description = "The folder of a run: run.json and the data that it names." };
        var attempt = NumberOptions.Optional(
            "--attempt", "The number of the attempt, whose folder is FOLDER/attempts/N; by default the next free one.", 1);
        var command = new Command(
            "execute",
            "Computes one attempt of a run. Progress goes to standard output as JSON Lines, the result to the folder of the attempt.")
        {
            folder, attempt,
        };
        command.SetAction(parse => Execute(parse.GetRequiredValue(folder), parse.GetValue(attempt)));
        return command;
    }

    private static int Execute(string path, int? attempt)
    {
        bool followed = Environment.GetEnvironmentVariable(ChildCommand.FollowParent) == "1";
        if (followed)
            EndWithParent();
        LowerPriority();
        var observer = new LineObserver(Console.Out);
        if (followed)
            SendAliveLines(observer);
        try
        {
            RunExecution.Execute(Open(path, attempt, followed), observer, followed);
            return CommandLine.Success;
        }
        catch (UserError e)
        {
            observer.Write(new ErrorLine(e.Message));
            return RunProcess.Refused;
        }
        catch (TrainingDivergedException e)
        {
            observer.Write(new ErrorLine(e.Message));
            return RunProcess.Diverged;
        }
        catch (Exception e) when (followed)
        {
            // The stack trace goes to the log of the attempt. Computing again repeats everything but the troubles of the machine.
            Console.Error.WriteLine(e);
            observer.Write(new ErrorLine($"unexpected {e.GetType().Name}: {e.Message.ReplaceLineEndings(" ")}",
                MayRetry: e is IOException or UnauthorizedAccessException or OutOfMemoryException or ExternalException));
            return CommandLine.Failed;
        }
    }

    /// <summary>Tells the parent at intervals that this process runs, from a thread of its own: a step may take minutes.</summary>
    private static void SendAliveLines(LineObserver observer)
    {
        var thread = new Thread(() =>
        {
            while (true)
            {
                observer.Write(new AliveLine());
                Thread.Sleep(AliveLine.Interval);
            }
        })
        { IsBackground = true, Name = "alive lines" };
        thread.Start();
    }

    /// <summary>The folder of the attempt: made here, unless an executor has done it already and keeps its log in it.</summary>
    private static AttemptFolder Open(string path, int? number, bool followed)
    {
        var run = new RunFolder(path);
        _ = run.Read();
        var attempt = number is { } given ? run.Attempt(given) : run.NextAttempt();
        return followed ? attempt : attempt.Create();
    }

    /// <summary>
    /// Lowers the priority, so that people who label on this machine are not slowed down. On Linux it holds for the calling thread and
    /// those it starts, so it is set before libtorch starts its own.
    /// </summary>
    private static void LowerPriority()
    {
        try
        {
            using var self = Process.GetCurrentProcess();
            self.PriorityClass = ProcessPriorityClass.BelowNormal;
        }
        catch (Exception e) when (e is System.ComponentModel.Win32Exception or PlatformNotSupportedException or InvalidOperationException)
        {
            // As it is, then: nothing computed depends on it.
        }
    }

    /// <summary>
    /// Standard input is a pipe held open by the parent process. End of file means that the parent has exited, for whatever reason.
    /// </summary>
    private static void EndWithParent()
    {
        var watch = new Thread(() =>
        {
            using var input = Console.OpenStandardInput();
            while (input.ReadByte() >= 0)
            {
            }
            using var self = Process.GetCurrentProcess();
            // Not Environment.Exit: that waits for threads which are deep inside libtorch.
            self.Kill();
        })
        { IsBackground = true, Name = "parent watch" };
        watch.Start();
    }
}

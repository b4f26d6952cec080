using System.CommandLine;
using System.Diagnostics;
using Rlhf.Core;
using Rlhf.Pipeline.Runs;
using Rlhf.Pipeline.Stages;

namespace Rlhf.Cli.Verbs;

/// <summary><c>rlhf execute FOLDER</c>: the process of one run. Executors start it; by hand it does the same again.</summary>
internal static class ExecuteVerb
{
    public static Command Create()
    {
        var folder = new Argument<string>("FOLDER") { Description = "The folder of a run: run.json and the data that it names." };
        var command = new Command("execute", "Computes one run. Progress comes as JSON lines on standard output; the result lies in the folder.") { folder };
        command.SetAction(parse => Execute(parse.GetRequiredValue(folder)));
        return command;
    }

    private static int Execute(string path)
    {
        if (Environment.GetEnvironmentVariable(ChildCommand.FollowParent) == "1")
            EndWithParent();
        LowerPriority();
        var observer = new LineObserver(Console.Out);
        try
        {
            RunExecution.Execute(new RunFolder(path), observer);
            return CommandLine.Success;
        }
        catch (UserError e)
        {
            observer.Write(new ErrorLine(e.Message));
            return CommandLine.BadInput;
        }
    }

    /// <summary>People who label on this machine come first. On Linux this is of the calling thread and those it makes, so it comes before libtorch's.</summary>
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

    /// <summary>Our standard input is a pipe from our parent that nothing is ever written to: its end is the parent's end, however that came.</summary>
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

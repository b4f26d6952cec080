using System.Diagnostics;

namespace Rlhf.EndToEnd.Tests;

/// <summary>The program in a process of its own, which a test may kill.</summary>
internal static class HubProgram
{
    public static Process Start(string home, params string[] arguments)
    {
        var start = new ProcessStartInfo(
            Environment.ProcessPath!.EndsWith("dotnet", StringComparison.Ordinal) ? Environment.ProcessPath : "dotnet",
            [Path.Combine(AppContext.BaseDirectory, "rlhf.dll"), .. arguments])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = home,
        };
        start.Environment["RLHF_HOME"] = home;
        return Process.Start(start)!;
    }
}

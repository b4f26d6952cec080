using System.Diagnostics;
using System.Globalization;
using Rlhf.Pipeline.Runs;

namespace Rlhf.Pipeline.Tests.Runs;

public sealed class MemoryUseTests
{
    [Fact]
    public void Descendants_count_and_other_processes_do_not()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "SKIPPED: descendants are found in /proc");
        // A shell, its child, and a grandchild that repeats its input: when a line has come back, all three wait.
        using var root = Start("sh -c 'echo $$; sh -c \"echo \\$\\$; exec cat\"; :'; :");
        using var other = Start("echo $$; exec cat");
        try
        {
            int[] tree = [root.Id, ReadId(root), ReadId(root)];
            Assert.Equal(other.Id, ReadId(other));
            foreach (var process in (Process[])[root, other])
            {
                process.StandardInput.WriteLine("7");
                Assert.Equal(7, ReadId(process));
            }
            Assert.Equal(3, tree.Distinct().Count());
            Assert.Equal(tree.Sum(Resident), MemoryUse.ResidentBytes(root.Id));
            Assert.True(MemoryUse.ResidentBytes(Environment.ProcessId)
                > MemoryUse.ResidentBytes(root.Id) + MemoryUse.ResidentBytes(other.Id));
        }
        finally
        {
            root.Kill(entireProcessTree: true);
            other.Kill(entireProcessTree: true);
        }
        root.WaitForExit();
        other.WaitForExit();
        Assert.Equal(0, MemoryUse.ResidentBytes(root.Id));
    }

    [Fact]
    public void The_peak_stays_when_the_process_is_gone()
    {
        using var process = Start("echo $$; cat");
        ReadId(process);
        using var memory = MemoryUse.WatchTree(process.Id);
        process.Kill(entireProcessTree: true);
        process.WaitForExit();
        memory.Sample();
        Assert.True(memory.PeakBytes > 0);
    }

    private static Process Start(string script) =>
        Process.Start(new ProcessStartInfo("/bin/sh", ["-c", script]) { RedirectStandardInput = true, RedirectStandardOutput = true })!;

    private static int ReadId(Process process) => int.Parse(process.StandardOutput.ReadLine()!, CultureInfo.InvariantCulture);

    private static long Resident(int id) =>
        long.Parse(File.ReadAllText($"/proc/{id}/statm").Split(' ')[1], CultureInfo.InvariantCulture) * Environment.SystemPageSize;
}

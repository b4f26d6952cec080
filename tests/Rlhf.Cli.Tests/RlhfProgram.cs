using System.Diagnostics;
using System.Text;
using Rlhf.Testing;

namespace Rlhf.Cli.Tests;

/// <summary>What a command answered.</summary>
internal sealed record Answer(int ExitCode, byte[] Output, string Error)
{
    public string Text => new UTF8Encoding(false, throwOnInvalidBytes: true).GetString(Output);
}

/// <summary>The built program, run as its users run it: a process of its own.</summary>
internal static class RlhfProgram
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(8);

    public static Answer Run(params string[] arguments) => Run(arguments, new Dictionary<string, string>());

    public static Answer Run(string[] arguments, IReadOnlyDictionary<string, string> environment)
    {
        var start = new ProcessStartInfo(Executable, arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        // Several processes at a time would slow each other down with two OpenMP teams on the same cores.
        start.Environment["OMP_NUM_THREADS"] = "1";
        foreach (var (name, value) in environment)
            start.Environment[name] = value;
        using Process process = Process.Start(start)!;
        Task<string> error = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        using var output = new MemoryStream();
        Task copied = process.StandardOutput.BaseStream.CopyToAsync(output, TestContext.Current.CancellationToken);
        if (!process.WaitForExit(Patience))
        {
            process.Kill(entireProcessTree: true);
            Assert.Fail($"rlhf {string.Join(' ', arguments)} takes longer than {Patience.TotalSeconds} s");
        }
        copied.GetAwaiter().GetResult();
        return new Answer(process.ExitCode, output.ToArray(), error.GetAwaiter().GetResult());
    }

    /// <summary>Starts it and goes on. The caller ends it.</summary>
    public static Process Start(params string[] arguments) => StartIn("", arguments);

    /// <summary>The same in a folder.</summary>
    public static Process StartIn(string folder, params string[] arguments) =>
        Start(arguments, new Dictionary<string, string>(), folder);

    /// <summary>The same with variables of the environment.</summary>
    public static Process Start(string[] arguments, IReadOnlyDictionary<string, string> environment, string folder = "")
    {
        var start = new ProcessStartInfo(Executable, arguments)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = folder,
        };
        start.Environment["OMP_NUM_THREADS"] = "1";
        foreach (var (name, value) in environment)
            start.Environment[name] = value;
        return Process.Start(start)!;
    }

    /// <summary>Asserts what bad input is answered with: exit code 2, nothing on standard output, one line on standard error.</summary>
    public static string Refused(params string[] arguments)
    {
        Answer answer = Run(arguments);
        Assert.True(answer.ExitCode == 2, $"rlhf {string.Join(' ', arguments)}: exit code {answer.ExitCode}, {answer.Error}");
        Assert.Empty(answer.Output);
        Assert.EndsWith("\n", answer.Error, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', answer.Error.TrimEnd('\n'));
        Assert.DoesNotContain("   at ", answer.Error, StringComparison.Ordinal);
        return answer.Error;
    }

    /// <summary>The file of the program.</summary>
    public static string Executable { get; } = Find();

    private static string Find()
    {
        // bin/<configuration>/net10.0 of the tests and of the program go by the same names.
        var framework = new DirectoryInfo(AppContext.BaseDirectory.TrimEnd(Path.DirectorySeparatorChar));
        string file = Path.Combine(SharedData.RepositoryRoot, "src", "Rlhf.Cli", "bin", framework.Parent!.Name, framework.Name,
            OperatingSystem.IsWindows() ? "rlhf.exe" : "rlhf");
        return File.Exists(file) ? file : throw new FileNotFoundException($"the program is not built: {file}");
    }
}

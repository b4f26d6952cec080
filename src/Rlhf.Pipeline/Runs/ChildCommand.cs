using System.Diagnostics;
using System.Globalization;

namespace Rlhf.Pipeline.Runs;

/// <summary>How a child process is started: a program and the arguments that come before <c>execute FOLDER --attempt N</c>.</summary>
public sealed record ChildCommand(string Program, IReadOnlyList<string> Arguments)
{
    /// <summary>
    /// The environment variable that makes a child exit when its standard input ends, which is when its parent has exited.
    /// </summary>
    public const string FollowParent = "RLHF_FOLLOW_PARENT";

    /// <summary>This very program: the apphost, or dotnet with the entry assembly.</summary>
    public static ChildCommand ThisProgram()
    {
        string program = Environment.ProcessPath ?? throw new InvalidOperationException("The path of this process is unknown");
        bool host = Path.GetFileNameWithoutExtension(program).Equals("dotnet", StringComparison.OrdinalIgnoreCase);
        return host ? new(program, [Environment.GetCommandLineArgs()[0]]) : new(program, []);
    }

    /// <summary>What starts the process of one attempt.</summary>
    public ProcessStartInfo StartInfo(AttemptFolder attempt)
    {
        var start = new ProcessStartInfo(Program)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            StandardOutputEncoding = new System.Text.UTF8Encoding(false),
            StandardErrorEncoding = new System.Text.UTF8Encoding(false),
            UseShellExecute = false,
            CreateNoWindow = true,
        };
        foreach (string argument in (string[])[.. Arguments, "execute", attempt.Run.Path, "--attempt",
            attempt.Number.ToString(CultureInfo.InvariantCulture)])
            start.ArgumentList.Add(argument);
        start.Environment[FollowParent] = "1";
        // A run is on no bus, and the address may hold a password.
        start.Environment.Remove("RLHF_BUS");
        return start;
    }
}

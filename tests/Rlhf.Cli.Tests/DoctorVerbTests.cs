using System.Net;
using System.Net.Sockets;
using Rlhf.Testing;

namespace Rlhf.Cli.Tests;

public sealed class DoctorVerbTests
{
    private static readonly string[] Subjects = ["rlhf", "torch", "devices", "threads", "memory", "home", "database", "bus"];

    [Fact]
    public void Everything_is_looked_at_and_nothing_made()
    {
        using var folder = new TemporaryFolder();
        string home = folder["home"];
        Answer answer = RlhfProgram.Run("doctor", "--home", home);
        Assert.Equal((0, ""), (answer.ExitCode, answer.Error));
        string[] lines = answer.Text.TrimEnd('\n').Split('\n');
        Assert.Equal(Subjects, lines.Select(line => line.Split(' ')[0]));
        Assert.All(lines, line => Assert.Contains(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], new[] { "ok", "note" }));
        Assert.Contains(lines, line => line.Contains("2.10", StringComparison.Ordinal));
        Assert.False(Path.Exists(home));
    }

    [Theory]
    [InlineData(null, null, "GOMP_SPINCOUNT = '2000'", "GOMP_SPINCOUNT=2000")]
    [InlineData("GOMP_SPINCOUNT", "77", "GOMP_SPINCOUNT = '77'", "GOMP_SPINCOUNT=77 from the environment")]
    [InlineData("OMP_WAIT_POLICY", "PASSIVE", "OMP_WAIT_POLICY = 'PASSIVE'", "OMP_WAIT_POLICY=PASSIVE from the environment")]
    public void Threads_do_not_spin_for_long_unless_the_user_says_so(string? variable, string? value, string libgomp, string doctor)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "SKIPPED: libgomp is used on Linux");
        // libgomp prints what it has read when it is loaded. An empty variable counts as none.
        var environment = new Dictionary<string, string>
        {
            ["OMP_DISPLAY_ENV"] = "verbose",
            ["GOMP_SPINCOUNT"] = "",
            ["OMP_WAIT_POLICY"] = "",
        };
        if (variable is not null)
            environment[variable] = value!;
        Answer answer = RlhfProgram.Run(["doctor"], environment);
        Assert.Contains(libgomp, answer.Error, StringComparison.Ordinal);
        Assert.Contains(doctor, answer.Text, StringComparison.Ordinal);
    }

    [Fact]
    public void What_is_wrong_is_named_and_gives_exit_code_2()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder["rlhf.db"], "this is no database");
        // A port that is free now: nobody listens there.
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        int port = ((IPEndPoint)listener.LocalEndpoint).Port;
        listener.Stop();
        Answer answer = RlhfProgram.Run(
            ["doctor", "--bus", $"rabbitmq://127.0.0.1:{port}/"],
            new Dictionary<string, string> { ["RLHF_HOME"] = folder.Path, ["RLHF_LIBTORCH"] = folder["nowhere"] });
        Assert.Equal((2, ""), (answer.ExitCode, answer.Error));
        string[] bad = [.. answer.Text.Split('\n').Where(line => line.Contains(" bad ", StringComparison.Ordinal))
            .Select(line => line.Split(' ')[0])];
        Assert.Equal(["torch", "devices", "database", "bus"], bad);
        Assert.Equal(["rlhf.db"], Directory.GetFileSystemEntries(folder.Path).Select(Path.GetFileName));
    }
}

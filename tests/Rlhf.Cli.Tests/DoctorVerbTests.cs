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
        string[] bad = [.. answer.Text.Split('\n').Where(line => line.Contains(" bad ", StringComparison.Ordinal)).Select(line => line.Split(' ')[0])];
        Assert.Equal(["torch", "devices", "database", "bus"], bad);
        Assert.Equal(["rlhf.db"], Directory.GetFileSystemEntries(folder.Path).Select(Path.GetFileName));
    }
}

using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Rlhf.Testing;

/// <summary>Debian's rabbitmq-server with a name, ports and a folder of its own: no other broker of this machine is touched.</summary>
public sealed class RabbitMqBroker : IDisposable
{
    private const string Server = "/usr/lib/rabbitmq/bin/rabbitmq-server";
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(90);

    private readonly TemporaryFolder _folder;
    private readonly Process _names;
    private readonly Dictionary<string, string> _environment;
    private readonly int _port;
    private readonly StringBuilder _said = new();
    private Process _server;

    private RabbitMqBroker(TemporaryFolder folder, Process names, Dictionary<string, string> environment, int port, int tlsPort)
    {
        (_folder, _names, _environment, _port) = (folder, names, environment, port);
        _server = Start(Server, [], environment, _said);
        Address = $"rabbitmq://guest:guest@127.0.0.1:{port}/";
        TlsPort = tlsPort;
    }

    public string Address { get; }

    /// <summary>Where it listens with TLS; 0 without a certificate.</summary>
    public int TlsPort { get; }

    public static Task<RabbitMqBroker> StartAsync(CancellationToken stop) => StartAsync(null, stop);

    /// <param name="certificate">With which it listens with TLS too; null for none.</param>
    /// <param name="stop">Ends the wait for the broker.</param>
    public static async Task<RabbitMqBroker> StartAsync(TestCertificate? certificate, CancellationToken stop)
    {
        if (!File.Exists(Server))
            Assert.Skip($"SKIPPED: no {Server} (Debian: apt-get install rabbitmq-server)");
        int port = FreePort.Find(), distribution = FreePort.Find(), epmd = FreePort.Find();
        var folder = new TemporaryFolder();
        File.WriteAllText(folder["plugins"], "[].");
        File.WriteAllText(folder["environment"], "");
        int tlsPort = certificate is null ? 0 : FreePort.Find();
        if (certificate is not null)
        {
            File.WriteAllText(folder["rabbitmq.conf"], $"""
                listeners.ssl.1 = 127.0.0.1:{tlsPort}
                ssl_options.certfile = {certificate.File}
                ssl_options.keyfile = {certificate.KeyFile}
                ssl_options.verify = verify_none

                """);
        }
        // The name service in the foreground, so that it ends with us.
        var names = Start("epmd", ["-port", $"{epmd}", "-address", "127.0.0.1"], [], new StringBuilder());
        var environment = new Dictionary<string, string>
        {
            ["RABBITMQ_NODENAME"] = $"rlhf{port}@localhost",
            ["RABBITMQ_NODE_IP_ADDRESS"] = "127.0.0.1",
            ["RABBITMQ_NODE_PORT"] = $"{port}",
            ["RABBITMQ_DIST_PORT"] = $"{distribution}",
            ["ERL_EPMD_PORT"] = $"{epmd}",
            ["RABBITMQ_MNESIA_BASE"] = folder["data"],
            ["RABBITMQ_LOG_BASE"] = folder["log"],
            ["RABBITMQ_CONFIG_FILE"] = folder["rabbitmq.conf"],
            ["RABBITMQ_ENABLED_PLUGINS_FILE"] = folder["plugins"],
            ["RABBITMQ_CONF_ENV_FILE"] = folder["environment"],
            ["RABBITMQ_PID_FILE"] = folder["pid"],
            ["HOME"] = folder.Path,
        };
        var broker = new RabbitMqBroker(folder, names, environment, port, tlsPort);
        await broker.WaitAsync(port, stop);
        if (certificate is not null)
            await broker.WaitAsync(tlsPort, stop);
        return broker;
    }

    public async Task KillAsync(CancellationToken stop)
    {
        _server.Kill(entireProcessTree: true);
        await _server.WaitForExitAsync(stop);
    }

    /// <summary>Kills the broker and starts it again on what it left on disk.</summary>
    public async Task RestartAsync(CancellationToken stop)
    {
        await KillAsync(stop);
        _server.Dispose();
        _server = Start(Server, [], _environment, _said);
        await WaitAsync(_port, stop);
    }

    public void Dispose()
    {
        foreach (var process in new[] { _server, _names })
        {
            process.Kill(entireProcessTree: true);
            process.WaitForExit();
            process.Dispose();
        }
        _folder.Dispose();
    }

    private async Task WaitAsync(int port, CancellationToken stop)
    {
        var waited = Stopwatch.StartNew();
        while (true)
        {
            using var client = new TcpClient();
            try
            {
                await client.ConnectAsync(IPAddress.Loopback, port, stop);
                return;
            }
            catch (SocketException refused)
            {
                if (_server.HasExited || waited.Elapsed > Patience)
                    throw new InvalidOperationException(
                        $"The broker does not listen at port {port} after {waited.Elapsed.TotalSeconds:0} s. It said:\n{Said()}", refused);
                await Task.Delay(200, stop);
            }
        }
    }

    private string Said()
    {
        lock (_said)
            return _said.ToString();
    }

    private static Process Start(string program, string[] arguments, Dictionary<string, string> environment, StringBuilder said)
    {
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var (name, value) in environment)
            start.Environment[name] = value;
        var process = Process.Start(start)!;
        // A full pipe would stop it.
        process.OutputDataReceived += Keep;
        process.ErrorDataReceived += Keep;
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        return process;

        void Keep(object sender, DataReceivedEventArgs line)
        {
            lock (said)
                said.AppendLine(line.Data);
        }
    }
}

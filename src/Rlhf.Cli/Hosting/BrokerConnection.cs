using System.Security.Authentication;
using RabbitMQ.Client;
using Rlhf.Core;
using Rlhf.Pipeline.Hub.Bus;

namespace Rlhf.Cli.Hosting;

/// <summary>
/// One connection to a broker, closed again; no queue is made. Hubs and workers try it before they start their bus, which
/// would retry without end, whatever the reason.
/// </summary>
internal static class BrokerConnection
{
    /// <summary>How long one attempt may take.</summary>
    public static readonly TimeSpan Timeout = TimeSpan.FromSeconds(3);

    /// <summary>A broker that is started together with its hub needs some seconds until it listens.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(15);

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(500);

    /// <summary>Connects once.</summary>
    /// <returns>The broker's product and version.</returns>
    /// <exception cref="UserError">It cannot be used; the message says why.</exception>
    public static async Task<string> TryOnceAsync(BusAddress address, CancellationToken stop)
    {
        var factory = new ConnectionFactory
        {
            HostName = address.Host,
            Port = address.Port,
            VirtualHost = address.VirtualHost,
            UserName = address.User,
            Password = address.Password,
            Ssl = new SslOption(address.Host, enabled: address.Tls) { Version = SslProtocols.Tls12 | SslProtocols.Tls13 },
            RequestedConnectionTimeout = Timeout,
            HandshakeContinuationTimeout = Timeout,
            ContinuationTimeout = Timeout,
            AutomaticRecoveryEnabled = false,
        };
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(stop);
        limit.CancelAfter(2 * Timeout);
        try
        {
            await using IConnection connection = await factory.CreateConnectionAsync(limit.Token);
            // An unknown virtual host shows only when the connection is used.
            await using IChannel channel = await connection.CreateChannelAsync(cancellationToken: limit.Token);
            return connection.ServerProperties is { } properties
                ? $"{Text(properties, "product")} {Text(properties, "version")}"
                : "a broker";
        }
        catch (Exception e) when (!stop.IsCancellationRequested)
        {
            throw BusFailure.Explain(address, e);
        }
    }

    /// <summary>Connects, and tries again for a while where nothing listens yet; a line on standard error says so at once.</summary>
    /// <exception cref="UserError">The broker refuses, or nothing answers within that time.</exception>
    public static async Task WaitAsync(BusAddress address, CancellationToken stop)
    {
        long started = Environment.TickCount64;
        bool told = false;
        while (true)
        {
            try
            {
                await TryOnceAsync(address, stop);
                return;
            }
            catch (UserError e) when (BusFailure.MayPass(e.InnerException)
                && Environment.TickCount64 - started < Patience.TotalMilliseconds)
            {
                if (!told)
                    await Console.Error.WriteLineAsync($"{e.Message}; trying for {Patience.TotalSeconds} s");
                told = true;
                await Task.Delay(Pause, stop);
            }
        }
    }

    private static string Text(IDictionary<string, object?> properties, string name) =>
        properties.TryGetValue(name, out object? value) && value is byte[] bytes ? System.Text.Encoding.UTF8.GetString(bytes) : "";
}

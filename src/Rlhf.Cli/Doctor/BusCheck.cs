using RabbitMQ.Client;
using RabbitMQ.Client.Exceptions;
using Rlhf.Pipeline.Hub;

namespace Rlhf.Cli.Doctor;

/// <summary>Whether the bus answers: one connection to the broker, closed again; no queue is made.</summary>
internal sealed record BusCheck(BusAddress? Address)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(3);

    /// <exception cref="Core.UserError">Not the address of a broker.</exception>
    public static BusCheck Parse(string? bus) => new(bus is null ? null : BusAddress.Parse(bus));

    public async Task<CheckResult> RunAsync(CancellationToken cancellation)
    {
        if (Address is null)
            return new CheckResult("bus", Verdict.Ok, "in memory; --bus rabbitmq://… names a broker");
        var factory = new ConnectionFactory
        {
            HostName = Address.Host,
            Port = Address.Port,
            VirtualHost = Address.VirtualHost,
            UserName = Address.User,
            Password = Address.Password,
            RequestedConnectionTimeout = Patience,
            HandshakeContinuationTimeout = Patience,
            AutomaticRecoveryEnabled = false,
        };
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        limit.CancelAfter(Patience + Patience);
        try
        {
            await using IConnection connection = await factory.CreateConnectionAsync(limit.Token);
            // An unknown virtual host shows only when the connection is used.
            await using IChannel channel = await connection.CreateChannelAsync(cancellationToken: limit.Token);
            string product = connection.ServerProperties is { } properties ? $"{Text(properties, "product")} {Text(properties, "version")}" : "a broker";
            return new CheckResult("bus", Verdict.Ok, $"{Address}: {product}");
        }
        catch (Exception e) when (e is BrokerUnreachableException or OperationInterruptedException or AlreadyClosedException)
        {
            return new CheckResult("bus", Verdict.Bad, $"{Address} cannot be used: {e.GetBaseException().Message}");
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            return new CheckResult("bus", Verdict.Bad, $"{Address} does not answer within {(Patience + Patience).TotalSeconds} s");
        }
    }

    private static string Text(IDictionary<string, object?> properties, string name) =>
        properties.TryGetValue(name, out object? value) && value is byte[] bytes ? System.Text.Encoding.UTF8.GetString(bytes) : "";
}

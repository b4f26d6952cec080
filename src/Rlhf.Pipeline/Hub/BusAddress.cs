using Rlhf.Core;

namespace Rlhf.Pipeline.Hub;

/// <summary>A broker: <c>rabbitmq://user:password@host:port/vhost</c>.</summary>
public sealed record BusAddress(string Host, ushort Port, string VirtualHost, string User, string Password)
{
    private const ushort DefaultPort = 5672;

    /// <exception cref="UserError">Not such an address.</exception>
    public static BusAddress Parse(string text)
    {
        if (!Uri.TryCreate(text, UriKind.Absolute, out var uri) || uri.Scheme is not ("rabbitmq" or "amqp") || uri.Host.Length == 0)
            throw new UserError($"--bus {text}: not the address of a broker; it looks like rabbitmq://guest:guest@localhost:5672/");
        string[] user = uri.UserInfo.Split(':', 2);
        return new BusAddress(
            uri.Host,
            uri.Port > 0 ? (ushort)uri.Port : DefaultPort,
            uri.AbsolutePath.Trim('/') is { Length: > 0 } virtualHost ? Uri.UnescapeDataString(virtualHost) : "/",
            user[0].Length > 0 ? Uri.UnescapeDataString(user[0]) : "guest",
            user.Length > 1 ? Uri.UnescapeDataString(user[1]) : "guest");
    }

    /// <summary>Without the password.</summary>
    public override string ToString() => $"rabbitmq://{Host}:{Port}/{VirtualHost.TrimStart('/')}";
}

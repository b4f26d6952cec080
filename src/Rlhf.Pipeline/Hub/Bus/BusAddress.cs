using System.Text.RegularExpressions;
using Rlhf.Core;

namespace Rlhf.Pipeline.Hub.Bus;

/// <summary>A broker: <c>rabbitmq://user:password@host:port/vhost</c>; <c>rabbitmqs://</c> or <c>amqps://</c> with TLS.</summary>
public sealed partial record BusAddress(string Host, ushort Port, string VirtualHost, string User, string Password, bool Tls)
{
    private const ushort PlainPort = 5672;
    private const ushort TlsPort = 5671;

    /// <exception cref="UserError">Not such an address.</exception>
    public static BusAddress Parse(string text)
    {
        if (!Uri.TryCreate(text, UriKind.Absolute, out var uri) || uri.Scheme is not ("rabbitmq" or "rabbitmqs" or "amqp" or "amqps")
            || uri.Host.Length == 0)
        {
            throw new UserError(
                $"--bus: '{Redact(text)}' is not the address of a broker; it looks like rabbitmq://USER:PASSWORD@localhost:5672/VHOST, "
                + "or rabbitmqs:// with TLS");
        }
        bool tls = uri.Scheme is "rabbitmqs" or "amqps";
        string[] user = uri.UserInfo.Split(':', 2);
        return new BusAddress(
            uri.Host,
            uri.Port > 0 ? (ushort)uri.Port : tls ? TlsPort : PlainPort,
            uri.AbsolutePath.Trim('/') is { Length: > 0 } virtualHost ? Uri.UnescapeDataString(virtualHost) : "/",
            user[0].Length > 0 ? Uri.UnescapeDataString(user[0]) : "guest",
            user.Length > 1 ? Uri.UnescapeDataString(user[1]) : "guest",
            tls);
    }

    /// <summary>Without user and password: what logs and messages show.</summary>
    public override string ToString() => $"rabbitmq{(Tls ? "s" : "")}://{Host}:{Port}/{VirtualHost.TrimStart('/')}";

    /// <summary>
    /// A text that may hold an address, with everything before an @ replaced: a mistyped address may hold a password too.
    /// </summary>
    internal static string Redact(string text) => BeforeAt().Replace(text, "***@");

    [GeneratedRegex(@"[^/\s]*@")]
    private static partial Regex BeforeAt();
}

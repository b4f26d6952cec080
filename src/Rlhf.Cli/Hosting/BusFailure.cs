using System.Net.Sockets;
using System.Security.Authentication;
using RabbitMQ.Client.Exceptions;
using Rlhf.Core;
using Rlhf.Pipeline.Hub.Bus;

namespace Rlhf.Cli.Hosting;

/// <summary>The reason why a broker could not be used, for the user.</summary>
internal static class BusFailure
{
    public static UserError Explain(BusAddress broker, Exception error) =>
        new($"--bus {broker}: {Reason(broker, Find(error) ?? error)}", error);

    /// <summary>Whether the next attempt may succeed: nothing listens yet, or nothing answers. A refusal comes again.</summary>
    public static bool MayPass(Exception? error) =>
        Find(error) is not (PossibleAuthenticationFailureException or OperationInterruptedException or AuthenticationException);

    private static string Reason(BusAddress broker, Exception error) => error switch
    {
        PossibleAuthenticationFailureException => "the broker refuses the user name or the password",
        OperationInterruptedException { ShutdownReason.ReplyCode: 530 } =>
            $"the broker has no virtual host '{broker.VirtualHost}', or the user may not use it",
        OperationInterruptedException interrupted => $"the broker ended the connection: {interrupted.ShutdownReason?.ReplyText}",
        AuthenticationException tls => $"no TLS connection: {tls.Message}",
        SocketException { SocketErrorCode: SocketError.ConnectionRefused } =>
            $"the connection is refused: no broker listens at port {broker.Port} of {broker.Host}",
        SocketException { SocketErrorCode: SocketError.HostNotFound or SocketError.TryAgain or SocketError.NoData } =>
            $"the name of the host '{broker.Host}' is not known",
        SocketException socket => $"the connection fails: {socket.Message}",
        TimeoutException or OperationCanceledException => "the broker does not answer",
        _ => $"the broker cannot be used: {error.GetBaseException().Message}",
    };

    /// <summary>The error that says most: a refusal of the broker's, else the innermost one of the network's.</summary>
    private static Exception? Find(Exception? error) => error switch
    {
        null => null,
        PossibleAuthenticationFailureException or OperationInterruptedException or AuthenticationException or SocketException => error,
        AggregateException many => many.InnerExceptions.Select(Find).FirstOrDefault(e => e is not null),
        _ => Find(error.InnerException) ?? (error is TimeoutException or OperationCanceledException ? error : null),
    };
}

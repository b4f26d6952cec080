using RabbitMQ.Client.Exceptions;
using Rlhf.Core;
using Rlhf.Pipeline.Hub;

namespace Rlhf.Cli.Hosting;

/// <summary>Why a broker could not be used, in words.</summary>
internal static class BusFailure
{
    public static UserError Explain(BusAddress broker, Exception error)
    {
        string reason = Find(error) switch
        {
            AuthenticationFailureException => "the broker refuses the user name or the password",
            OperationInterruptedException { ShutdownReason.ReplyCode: 530 } => $"the broker has no virtual host '{broker.VirtualHost}', or the user may not use it",
            OperationInterruptedException interrupted => $"the broker ended the connection: {interrupted.ShutdownReason?.ReplyText}",
            _ => $"the broker does not answer: {error.Message}",
        };
        return new UserError($"--bus {broker}: {reason}", error);
    }

    /// <summary>The innermost error that the broker's own client raised.</summary>
    private static Exception? Find(Exception? error) => error switch
    {
        null => null,
        AuthenticationFailureException or OperationInterruptedException => error,
        AggregateException many => many.InnerExceptions.Select(Find).FirstOrDefault(e => e is not null),
        _ => Find(error.InnerException),
    };
}

using System.Runtime.InteropServices;

namespace Rlhf.Cli;

/// <summary>
/// Ctrl+C (SIGINT) and SIGTERM as cancellation, for verbs that shut down in order: children first. A second signal, or too long a
/// wait, ends the process at once. Exit codes are a shell's: 128 and the signal's number.
/// </summary>
internal sealed class Signals : IDisposable
{
    public const int Interrupted = 130;
    public const int Terminated = 143;

    /// <summary>`docker stop` kills after 10 s: what can be put in order must be so before.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(8);

    private readonly CancellationTokenSource _stop = new();
    private readonly PosixSignalRegistration _interrupt;
    private readonly PosixSignalRegistration _terminate;
    private Timer? _limit;
    private int _code;

    public Signals()
    {
        _interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, context => Receive(context, Interrupted));
        _terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, context => Receive(context, Terminated));
    }

    public CancellationToken Token => _stop.Token;

    /// <summary>What the process ends with where a signal came; else 130.</summary>
    public int ExitCode => _code == 0 ? Interrupted : _code;

    public void Dispose()
    {
        _interrupt.Dispose();
        _terminate.Dispose();
        _limit?.Dispose();
        _stop.Dispose();
    }

    private void Receive(PosixSignalContext context, int code)
    {
        context.Cancel = true;
        if (Interlocked.CompareExchange(ref _code, code, 0) != 0)
            Environment.Exit(code);
        _limit = new Timer(_ => Environment.Exit(code), null, Patience, Timeout.InfiniteTimeSpan);
        _stop.Cancel();
    }
}

namespace Rlhf.Pipeline.Runs;

/// <summary>How the process of an attempt ended.</summary>
public abstract record RunOutcome
{
    private RunOutcome() { }

    /// <summary>With a result.</summary>
    /// <param name="PeakBytes">The most resident memory of the process and its children.</param>
    public sealed record Completed(long PeakBytes) : RunOutcome;

    /// <summary>Bad input: the process refused it, and would again.</summary>
    public sealed record Refused(string Message) : RunOutcome;

    /// <summary>The training diverged, or a numerical check failed: it would do so again.</summary>
    public sealed record Diverged(string Message) : RunOutcome;

    /// <summary>The process failed, was killed, or could not be followed any longer.</summary>
    /// <param name="Reason">Why; the same text for the same failure.</param>
    /// <param name="WouldRepeat">The process says that the same failure would come again, for example a broken assertion.</param>
    public sealed record Crashed(string Reason, bool WouldRepeat = false) : RunOutcome;

    /// <summary>The caller stopped it.</summary>
    public sealed record Cancelled : RunOutcome;
}

namespace Rlhf.Pipeline.Runs;

/// <summary>How a run's process ended.</summary>
public abstract record RunOutcome
{
    private RunOutcome() { }

    /// <summary>With a result.</summary>
    public sealed record Completed(long PeakBytes) : RunOutcome;

    /// <summary>It refused its input; it would again.</summary>
    public sealed record Refused(string Message) : RunOutcome;

    /// <summary>It broke or was killed.</summary>
    public sealed record Crashed(string Reason) : RunOutcome;

    /// <summary>It was told to stop.</summary>
    public sealed record Cancelled : RunOutcome;
}

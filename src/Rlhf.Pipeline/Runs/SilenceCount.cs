namespace Rlhf.Pipeline.Runs;

/// <summary>
/// Decides when a process has been silent for too long. Ticks of a timer are counted, not time: there are none while the counting
/// process itself is suspended, so that the child is not ended for lines that could not be read.
/// </summary>
internal sealed class SilenceCount
{
    /// <summary>As many ticks without a line are too long.</summary>
    public const int Ticks = 8;

    private long _lines = -1;
    private int _silent;

    /// <summary>Counts one tick; true when it completes a silence that is too long, once for each such silence.</summary>
    /// <param name="lines">How many lines have come so far.</param>
    public bool Tick(long lines)
    {
        _silent = lines == _lines ? _silent + 1 : 0;
        _lines = lines;
        return _silent == Ticks;
    }
}

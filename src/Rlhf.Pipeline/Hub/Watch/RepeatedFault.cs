using Microsoft.Extensions.Logging;

namespace Rlhf.Pipeline.Hub.Watch;

/// <summary>Logs what goes wrong in a loop that tries again: at once, and then once a minute while it stays the same.</summary>
internal sealed class RepeatedFault(ILogger logger, TimeProvider clock)
{
    private static readonly TimeSpan Pause = TimeSpan.FromMinutes(1);

    private string? _text;
    private DateTimeOffset _logged;

    /// <param name="fault">What went wrong.</param>
    /// <param name="what">What could not be done, as the beginning of a sentence.</param>
    public void Log(Exception fault, string what)
    {
        var now = clock.GetUtcNow();
        if (fault.Message == _text && now - _logged < Pause)
            return;
        (_text, _logged) = (fault.Message, now);
        logger.LogError(fault, "{What}; trying again", what);
    }
}

using Microsoft.Extensions.Logging;

namespace Rlhf.LabelingUi;

/// <summary>Where the web server of a home folder listens, and which headers it trusts.</summary>
public sealed record WebSettings
{
    /// <summary>One or more http addresses, separated by semicolons. Port 0 takes a free one.</summary>
    public string Addresses { get; init; } = LabelingServer.DefaultAddress;

    /// <summary>
    /// Whether every request comes through a reverse proxy, whose X-Forwarded-For, -Proto, -Host and -Prefix headers are trusted.
    /// Without a proxy any client could set them, so they are ignored.
    /// </summary>
    public bool BehindProxy { get; init; }

    /// <summary>
    /// How many calls of the API an account may make in a second, over a longer time; four times as many may come at once.
    /// </summary>
    public int ApiCallsPerSecond { get; init; } = 500;

    /// <summary>How many forms (sign-in, registration) may come from one address in a minute without a sign-in.</summary>
    public int SignInsPerMinute { get; init; } = 120;

    /// <summary>From which level on messages are logged.</summary>
    public LogLevel LogLevel { get; init; } = LogLevel.Warning;
}

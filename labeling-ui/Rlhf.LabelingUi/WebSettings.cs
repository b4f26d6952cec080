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

    /// <summary>From which level on messages are logged.</summary>
    public LogLevel LogLevel { get; init; } = LogLevel.Warning;
}

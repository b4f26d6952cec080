using Microsoft.Extensions.Logging;
using Rlhf.Pipeline.Hub;

namespace Rlhf.Pipeline.Tests.Hub.Watch;

/// <summary>What of the libraries is told on standard error.</summary>
public sealed class HubLoggingTests
{
    [Theory]
    [InlineData("MassTransit.ReceiveTransport")]
    [InlineData("Microsoft.Hosting.Lifetime")]
    public void Warnings_of_the_libraries_are_seen_and_what_nobody_asked_for_is_not(string category)
    {
        Assert.True(IsEnabled(LogLevel.Warning, category, LogLevel.Warning));
        Assert.True(IsEnabled(LogLevel.Information, category, LogLevel.Warning));
        Assert.False(IsEnabled(LogLevel.Information, category, LogLevel.Information));
        Assert.True(IsEnabled(LogLevel.Debug, category, LogLevel.Debug));
        Assert.False(IsEnabled(LogLevel.Error, category, LogLevel.Warning));
    }

    [Fact]
    public void Our_own_messages_are_seen_from_the_level_on()
    {
        Assert.True(IsEnabled(LogLevel.Information, "Rlhf.Pipeline", LogLevel.Information));
        Assert.False(IsEnabled(LogLevel.Warning, "Rlhf.Pipeline", LogLevel.Information));
    }

    private static bool IsEnabled(LogLevel level, string category, LogLevel message)
    {
        using var factory = LoggerFactory.Create(logging => logging.AddHubLogging(level));
        return factory.CreateLogger(category).IsEnabled(message);
    }
}

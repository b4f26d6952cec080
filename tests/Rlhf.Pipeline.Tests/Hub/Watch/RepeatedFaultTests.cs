using Microsoft.Extensions.Logging;
using Rlhf.Pipeline.Hub.Watch;

namespace Rlhf.Pipeline.Tests.Hub.Watch;

public sealed class RepeatedFaultTests
{
    private readonly Lines _lines = [];
    private readonly SetClock _clock = new();

    [Fact]
    public void The_same_fault_is_told_once_a_minute_and_another_one_at_once()
    {
        var fault = new RepeatedFault(_lines, _clock);
        for (int seconds = 0; seconds < 120; seconds += 2)
        {
            fault.Log(new InvalidOperationException("database or disk is full"), "The outbox could not be sent");
            _clock.Advance(2);
        }
        Assert.Equal(2, _lines.Count);
        fault.Log(new InvalidOperationException("database is locked"), "The outbox could not be sent");
        Assert.Equal("The outbox could not be sent; trying again: database is locked", _lines[^1]);
        Assert.Equal(3, _lines.Count);
    }

    private sealed class Lines : List<string>, ILogger
    {
        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            Add($"{formatter(state, exception)}: {exception?.Message}");
    }
}

using Microsoft.Extensions.Logging;

namespace Rlhf.Pipeline.Hub.Watch;

/// <summary>Messages from a level on, one line each, on standard error: standard output belongs to results.</summary>
public sealed class StandardErrorLog(LogLevel level = LogLevel.Warning) : ILoggerProvider
{
    public ILogger CreateLogger(string categoryName) => new Line(categoryName[(categoryName.LastIndexOf('.') + 1)..], level);

    public void Dispose()
    {
    }

    private sealed class Line(string category, LogLevel level) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel >= level;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (!IsEnabled(logLevel))
                return;
            string cause = exception is null ? "" : $": {exception.GetType().Name}: {exception.Message}";
            Console.Error.WriteLine($"{category}: {formatter(state, exception)}{cause}".ReplaceLineEndings(" "));
        }
    }
}

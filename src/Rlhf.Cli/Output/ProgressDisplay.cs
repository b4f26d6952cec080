using System.Diagnostics;
using System.Text.Json;
using Rlhf.Cli.Hosting;
using Rlhf.Storage.Changes;
using Rlhf.Storage.Runs;
using Spectre.Console;

namespace Rlhf.Cli.Output;

/// <summary>How far a pipeline is: bars on a terminal, plain lines where the output is redirected.</summary>
internal abstract class ProgressDisplay : IDisposable
{
    /// <param name="pipeline">Whose progress.</param>
    /// <param name="toStandardError">Leaves standard output to the result.</param>
    public static ProgressDisplay Create(PipelineStatus pipeline, bool toStandardError)
    {
        bool terminal = toStandardError ? !Console.IsErrorRedirected : !Console.IsOutputRedirected;
        var output = toStandardError ? Console.Error : Console.Out;
        return terminal ? OnTerminal(pipeline, AnsiConsole.Create(new() { Out = new AnsiConsoleOutput(output) })) : AsLines(output);
    }

    internal static ProgressDisplay AsLines(TextWriter output) => new Lines(output);

    internal static ProgressDisplay OnTerminal(PipelineStatus pipeline, IAnsiConsole console) => new Bars(pipeline, console);

    /// <summary>Shows a change of the pipeline run; only progress has something to show.</summary>
    public void Report(Change change)
    {
        if (change.Type == ChangeTypes.RunProgress && change.Payload.Deserialize<Progress>(HubClient.Json) is { } progress)
            Report(progress with { RunId = change.RunId ?? Guid.Empty });
    }

    /// <summary>Shows a line of text that stays.</summary>
    public abstract void Note(string line);

    protected abstract void Report(Progress progress);

    public abstract void Dispose();

    private static string Speed(Progress progress) =>
        progress.TokensPerSecond > 0 ? $"{progress.TokensPerSecond:0} {progress.Counted}/s" : "";

    /// <summary>How far a run is within a phase: the payload of a change of type <see cref="ChangeTypes.RunProgress"/>.</summary>
    protected sealed record Progress(
        string Kind, string Phase, long Done, long Total, double TokensPerSecond, string Counted = "tokens", Guid RunId = default);

    /// <summary>A line when a phase begins and ends, and every five seconds in between.</summary>
    private sealed class Lines(TextWriter output) : ProgressDisplay
    {
        private static readonly TimeSpan Pause = TimeSpan.FromSeconds(5);
        private readonly Lock _lock = new();
        private (Guid Run, string Phase, long Done) _last;
        private long _said;

        protected override void Report(Progress progress)
        {
            lock (_lock)
            {
                bool sameAsLast = _last.Run == progress.RunId && _last.Phase == progress.Phase;
                // Messages may overtake each other: what is behind is old.
                if (sameAsLast && progress.Done <= _last.Done)
                    return;
                if (sameAsLast && progress.Done < progress.Total && Stopwatch.GetElapsedTime(_said) < Pause)
                    return;
                _last = (progress.RunId, progress.Phase, progress.Done);
                _said = Stopwatch.GetTimestamp();
                string speed = Speed(progress) is { Length: > 0 } known ? $" ({known})" : "";
                output.WriteLine($"{progress.Kind}: {progress.Phase} {progress.Done}/{progress.Total}{speed}");
                output.Flush();
            }
        }

        public override void Note(string line)
        {
            lock (_lock)
            {
                output.WriteLine(line);
                output.Flush();
            }
        }

        public override void Dispose()
        {
        }
    }

    /// <summary>A bar for each stage, with speed and time left.</summary>
    private sealed class Bars : ProgressDisplay
    {
        private readonly TaskCompletionSource _end = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly Dictionary<string, ProgressTask> _tasks = new(StringComparer.Ordinal);
        private readonly Task _drawing;
        private readonly IAnsiConsole _console;

        public Bars(PipelineStatus pipeline, IAnsiConsole console)
        {
            _console = console;
            var ready = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            _drawing = _console.Progress().AutoClear(false).HideCompleted(false)
                .Columns(new TaskDescriptionColumn { Alignment = Justify.Left }, new ProgressBarColumn(), new PercentageColumn(),
                    new RemainingTimeColumn())
                .StartAsync(async context =>
                {
                    foreach (string kind in pipeline.Kinds)
                        _tasks.TryAdd(kind, context.AddTask(kind, autoStart: false));
                    ready.SetResult();
                    await _end.Task;
                });
            ready.Task.Wait();
        }

        protected override void Report(Progress progress)
        {
            if (!_tasks.TryGetValue(progress.Kind, out var task))
                return;
            if (!task.IsStarted)
                task.StartTask();
            string speed = Speed(progress) is { Length: > 0 } known ? $" [grey]{known}[/]" : "";
            task.Description = $"{progress.Kind} [grey]{Markup.Escape(progress.Phase)}[/]{speed}";
            task.MaxValue = Math.Max(1, progress.Total);
            task.Value = progress.Done;
        }

        // Drawn above the bars.
        public override void Note(string line) => _console.Write(new UnbrokenLine(line));

        public override void Dispose()
        {
            _end.TrySetResult();
            _drawing.Wait();
        }
    }
}

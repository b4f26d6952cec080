namespace Rlhf.Pipeline.Runs;

/// <summary>
/// Reads both outputs of a child process to their end, even after errors: a pipe that is not read would block the child.
/// </summary>
/// <param name="log">Gets every line that is not a message.</param>
/// <param name="onLine">Called for each message, one at a time.</param>
/// <param name="onFault">Called once, when a line could not be handled. No line is handled after that.</param>
internal sealed class ChildOutput(ChildLog log, Action<RunLine> onLine, Action<Exception> onFault)
{
    private const int LastLines = 3;

    // The largest messages hold the samples of one step.
    private const int MaxLineLength = 4 << 20;
    private const int MaxWordsLength = 16 << 10;

    private readonly Queue<string> _lastWords = new();
    private long _lines;
    private int _handling;
    private volatile bool _faulted;

    /// <summary>How many lines have come so far, liveness lines included.</summary>
    public long Lines => Interlocked.Read(ref _lines);

    /// <summary>Whether a line is being handled at this moment: nothing is read from that output meanwhile.</summary>
    public bool Handling => Volatile.Read(ref _handling) > 0;

    /// <summary>Why the process says that it fails; null where it has not said so.</summary>
    public ErrorLine? Error { get; private set; }

    /// <summary>The last lines of standard error. To be asked for when both outputs have ended.</summary>
    public string LastWords => string.Join(' ', _lastWords);

    /// <summary>Ends with both outputs.</summary>
    public Task ReadAsync(TextReader output, TextReader error) => Task.WhenAll(
        ReadAsync(new BoundedLines(output, MaxLineLength), HandleOutput), ReadAsync(new BoundedLines(error, MaxWordsLength), HandleError));

    private async Task ReadAsync(BoundedLines lines, Action<string> handle)
    {
        try
        {
            while (await lines.ReadAsync() is { } line)
            {
                Interlocked.Increment(ref _lines);
                if (!_faulted)
                    Handle(line, handle);
            }
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException or OperationCanceledException)
        {
            // The pipe is closed: the process is gone, and so is what it may have said last.
        }
    }

    private void Handle(string line, Action<string> handle)
    {
        Interlocked.Increment(ref _handling);
        try
        {
            handle(line);
        }
#pragma warning disable CA1031 // Whatever it is, it ends the attempt with its reason instead of the reader.
        catch (Exception e)
#pragma warning restore CA1031
        {
            _faulted = true;
            onFault(e);
        }
        finally
        {
            Interlocked.Decrement(ref _handling);
        }
    }

    private void HandleOutput(string line)
    {
        switch (RunLine.TryParse(line))
        {
            case null:
                log.WriteLine(line);
                break;
            case ErrorLine error:
                Error = error;
                break;
            case AliveLine:
                break;
            case var message:
                onLine(message);
                break;
        }
    }

    private void HandleError(string line)
    {
        _lastWords.Enqueue(line);
        if (_lastWords.Count > LastLines)
            _lastWords.Dequeue();
        log.WriteLine(line);
    }
}

using System.Text;

namespace Rlhf.Pipeline.Runs;

/// <summary>
/// The log of one attempt: what its process prints beside its messages. Limited in size, since a process may print without end.
/// </summary>
internal sealed class ChildLog : IDisposable
{
    private readonly Lock _gate = new();
    private readonly StreamWriter _writer;
    private readonly long _maxCharacters;
    private long _characters;

    /// <exception cref="IOException">The file cannot be made.</exception>
    public ChildLog(string path, long maxCharacters = 64L << 20)
    {
        // Unbuffered below the writer: a process that is killed, this one included, loses no line.
        var file = new FileStream(path, FileMode.Append, FileAccess.Write, FileShare.ReadWrite, bufferSize: 0);
        _writer = new StreamWriter(file, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false)) { AutoFlush = true, NewLine = "\n" };
        _maxCharacters = maxCharacters;
    }

    /// <exception cref="IOException">The file cannot be written: the disk is full, for example.</exception>
    public void WriteLine(string line)
    {
        lock (_gate)
        {
            if (_characters > _maxCharacters)
                return;
            _characters += line.Length + 1;
            _writer.WriteLine(_characters > _maxCharacters ? "(the log ends here: its limit is reached)" : line);
        }
    }

    public void Dispose()
    {
        try
        {
            _writer.Dispose();
        }
        catch (IOException)
        {
            // What could not be written was reported when it was tried.
        }
    }
}

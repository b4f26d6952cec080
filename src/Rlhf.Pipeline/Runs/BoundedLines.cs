using System.Text;

namespace Rlhf.Pipeline.Runs;

/// <summary>Reads lines without ever holding more than a fixed number of characters of one: the rest of a longer line is dropped.</summary>
/// <param name="reader">What is read. Its reads may wait; a line is returned as soon as it is complete.</param>
/// <param name="maxLength">The characters that are kept of one line.</param>
internal sealed class BoundedLines(TextReader reader, int maxLength)
{
    /// <summary>Stands at the end of a line that was cut.</summary>
    public const string CutMark = " … (cut)";

    private readonly char[] _buffer = new char[8192];
    private readonly StringBuilder _line = new();
    private int _start;
    private int _end;
    private bool _cut;

    /// <summary>The next line without its line break; null at the end.</summary>
    public async ValueTask<string?> ReadAsync()
    {
        while (true)
        {
            int lineEnd = _buffer.AsSpan(_start, _end - _start).IndexOf('\n');
            Keep(_buffer.AsSpan(_start, lineEnd < 0 ? _end - _start : lineEnd));
            if (lineEnd >= 0)
            {
                _start += lineEnd + 1;
                return Take();
            }
            (_start, _end) = (0, await reader.ReadAsync(_buffer));
            if (_end == 0)
                return _line.Length > 0 || _cut ? Take() : null;
        }
    }

    private void Keep(ReadOnlySpan<char> part)
    {
        int room = maxLength - _line.Length;
        _cut |= part.Length > room;
        _line.Append(part[..Math.Min(part.Length, room)]);
    }

    private string Take()
    {
        string line = _cut ? _line.Append(CutMark).ToString() : _line.ToString().TrimEnd('\r');
        _line.Clear();
        _cut = false;
        return line;
    }
}

using System.Text;

namespace Rlhf.Storage.Exchange.Sources;

/// <summary>One record of a table: its cells, the number of the line on which it begins, and what is wrong with it.</summary>
internal sealed record CsvRecord(int Line, IReadOnlyList<string> Cells, string? Fault);

/// <summary>
/// Splits text into records as RFC 4180 says, with any delimiter: cells in quotes hold delimiters, doubled quotes and line breaks. After a
/// record with a fault, reading goes on at the line after the one on which it began, so that a quote that is missing costs one line.
/// </summary>
internal sealed class CsvRecords(TextReader text, char delimiter)
{
    /// <summary>The longest record, characters: a quote that is never closed would take in everything.</summary>
    public const int MaxLength = 8 << 20;

    private const int End = -1;

    private readonly StringBuilder _raw = new();
    private readonly StringBuilder _cell = new();
    private string _again = "";
    private int _position;
    private int _line = 1;

    /// <summary>The next record; null at the end.</summary>
    /// <param name="columns">How many cells it must have; 0 for any number.</param>
    public CsvRecord? Read(int columns)
    {
        _raw.Clear();
        int line = _line;
        if (Peek() == End)
            return null;
        var cells = new List<string>();
        string? fault = null;
        bool more = true;
        while (more && fault is null)
        {
            (string cell, fault) = Cell();
            cells.Add(cell);
            more = Peek() == delimiter;
            if (more)
                Take();
        }
        if (fault is null)
            TakeLineBreak();
        bool blank = cells is [{ Length: 0 }];
        if (fault is null && columns > 0 && cells.Count != columns && !blank)
            fault = $"{cells.Count} cells where the header has {columns} columns";
        if (fault is not null)
            GoBackToLineAfter(line);
        return new CsvRecord(line, cells, fault);
    }

    private (string Cell, string? Fault) Cell()
    {
        _cell.Clear();
        if (Peek() != '"')
        {
            while (Peek() is var next && next != End && next != delimiter && next != '\r' && next != '\n')
                _cell.Append(Take());
            return (_cell.ToString(), null);
        }
        Take();
        while (true)
        {
            if (Peek() == End)
                return ("", "a quote opens a cell and none closes it");
            if (_raw.Length > MaxLength)
                return ("", $"longer than {MaxLength >> 20} MB; perhaps a quote that closes a cell is missing");
            char next = Take();
            if (next != '"')
                _cell.Append(next);
            else if (Peek() == '"')
                _cell.Append(Take());
            else
                break;
        }
        return Peek() is var after && (after == End || after == delimiter || after is '\r' or '\n')
            ? (_cell.ToString(), null)
            : ("", $"'{(char)after}' after the quote that closes a cell; a quote inside a cell is written twice");
    }

    private void TakeLineBreak()
    {
        if (Peek() == '\r')
            Take();
        if (Peek() == '\n')
            Take();
    }

    private void GoBackToLineAfter(int line)
    {
        // The rest of the line where reading stopped belongs to what is read again.
        string raw = _raw.ToString();
        int end = raw.AsSpan().IndexOfAny('\r', '\n');
        if (end < 0)
        {
            while (Peek() is not (End or '\r' or '\n'))
                Take();
            TakeLineBreak();
            return;
        }
        end += raw.AsSpan(end).StartsWith("\r\n") ? 2 : 1;
        _again = raw[end..] + _again[_position..];
        _position = 0;
        _line = line + 1;
    }

    private int Peek() => _position < _again.Length ? _again[_position] : text.Peek();

    private char Take()
    {
        char taken = _position < _again.Length ? _again[_position++] : (char)text.Read();
        _raw.Append(taken);
        // A line ends with \n, with \r\n, or with \r alone.
        if (taken == '\n' || (taken == '\r' && Peek() != '\n'))
            _line++;
        return taken;
    }
}

using System.Text;
using Rlhf.Core;
using Rlhf.Core.Files;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace Rlhf.Definitions.Yaml;

/// <summary>
/// Reads a YAML file into nodes with line numbers, from the parser's events. Definitions are small and written by people, so what
/// only comes from an attack or an accident (aliases, tags, several documents, deep nesting, megabytes) is refused.
/// </summary>
public static class YamlReader
{
    private const int MaxBytes = 1 << 20;
    private const int MaxDepth = 32;

    /// <summary>Reads a file whose top is a mapping; an empty file is an empty mapping.</summary>
    /// <exception cref="UserError">No such file, not UTF-8, not YAML, or more than a definition may hold.</exception>
    public static YamlMapping ReadFile(string path)
    {
        string text = ReadText(path);
        return Read(text, path) switch
        {
            YamlMapping mapping => mapping,
            YamlScalar { IsNull: true } => new YamlMapping(new Place(path, 1), []),
            var other => throw new UserError($"{other.Place}: expected lines of 'key: value' at the top of the file"),
        };
    }

    /// <summary>The text of a file, to be read later.</summary>
    /// <exception cref="UserError">No such file, not UTF-8, or more than a definition may hold.</exception>
    public static string ReadText(string path) => Decode(path, ReadBytes(path));

    /// <summary>Reads the text of one document.</summary>
    /// <param name="text">The YAML text.</param>
    /// <param name="source">What messages call it: the path of the file, or "--set key".</param>
    /// <param name="lines">Whether messages name the line.</param>
    public static YamlNode Read(string text, string source, bool lines = true)
    {
        Place At(ParsingEvent e) => new(source, lines ? (int)e.Start.Line : 0);
        var parser = new Parser(new Scanner(new StringReader(text), skipComments: true));
        try
        {
            parser.Consume<StreamStart>();
            if (parser.Accept<StreamEnd>(out _))
                return new YamlScalar(new Place(source, lines ? 1 : 0), "", plain: true);
            parser.Consume<DocumentStart>();
            var node = ReadNode(parser, At, 0);
            parser.Consume<DocumentEnd>();
            if (parser.Accept<DocumentStart>(out var second))
                throw new UserError($"{At(second)}: a second document starts here; a definition is one document (remove the line '---')");
            return node;
        }
        catch (YamlException exception)
        {
            throw Refuse(text, source, lines, exception.Start.Line, exception);
        }
        catch (Exception exception) when (exception is InvalidOperationException or ArgumentException or IndexOutOfRangeException
            or OverflowException)
        {
            // What the scanner throws on some damaged texts (a '#' inside a flow list, say), instead of a YamlException.
            throw Refuse(text, source, lines, parser.Current?.End.Line ?? 1, exception);
        }
    }

    /// <summary>The parser's complaint on one line; tabs, the commonest cause, are named as such.</summary>
    private static UserError Refuse(string text, string source, bool lines, long line, Exception exception)
    {
        string[] written = text.TrimEnd().Split('\n');
        int tab = Array.FindIndex(written, l => l[..^l.TrimStart().Length].Contains('\t'));
        long at = tab >= 0 ? tab + 1 : Math.Clamp(line, 1, written.Length);
        string complaint = tab >= 0 ? "a tab in the indentation; YAML wants spaces"
            : exception is YamlException ? "not valid YAML: " + OneLine.Quote(exception.Message, 200)
            : "not valid YAML here or just below";
        return new UserError($"{new Place(source, lines ? (int)at : 0)}: {complaint}", exception);
    }

    private static YamlNode ReadNode(Parser parser, Func<ParsingEvent, Place> at, int depth)
    {
        var start = parser.Consume<ParsingEvent>();
        var place = at(start);
        if (depth > MaxDepth)
            throw new UserError($"{place}: nested more than {MaxDepth} levels deep");
        if (start is AnchorAlias alias)
            throw new UserError($"{place}: aliases (*{OneLine.Quote(alias.Value.Value)}) are not supported; write the value out");
        if (start is NodeEvent { Anchor.IsEmpty: false } anchored)
            throw new UserError($"{place}: anchors (&{OneLine.Quote(anchored.Anchor.Value)}) are not supported; write the value out "
                + "where it is used");
        if (start is NodeEvent { Tag.IsEmpty: false } tagged and not Scalar { Tag.IsNonSpecific: true })
            throw new UserError($"{place}: tags ({OneLine.Quote(tagged.Tag.Value)}) are not supported");
        switch (start)
        {
            case Scalar scalar:
                return new YamlScalar(place, scalar.Value, scalar.Style == ScalarStyle.Plain);
            case SequenceStart:
                var items = new List<YamlNode>();
                while (!parser.TryConsume<SequenceEnd>(out _))
                    items.Add(ReadNode(parser, at, depth + 1));
                return new YamlSequence(place, items);
            case MappingStart:
                return new YamlMapping(place, ReadEntries(parser, at, depth));
            default:
                throw new UserError($"{place}: expected a value");
        }
    }

    private static List<YamlEntry> ReadEntries(Parser parser, Func<ParsingEvent, Place> at, int depth)
    {
        var entries = new List<YamlEntry>();
        var first = new Dictionary<string, Place>(StringComparer.Ordinal);
        while (!parser.TryConsume<MappingEnd>(out _))
        {
            var keyNode = ReadNode(parser, at, depth + 1);
            if (keyNode is not YamlScalar key)
                throw new UserError($"{keyNode.Place}: a key must be a single name");
            if (!first.TryAdd(key.Value, key.Place))
                throw new UserError($"{key.Place}: key '{OneLine.Quote(key.Value)}' is given twice (first in {first[key.Value]})");
            entries.Add(new YamlEntry(key.Place, key.Value, ReadNode(parser, at, depth + 1)));
        }
        return entries;
    }

    private static byte[] ReadBytes(string path)
    {
        using var file = RegularFile.OpenRead(path);
        if (file.Length > MaxBytes)
            throw new UserError($"{path}: has {file.Length / 1e6:0.0} MB; a definition has at most 1 MB");
        byte[] content = new byte[file.Length];
        file.ReadExactly(content);
        return content;
    }

    private static string Decode(string path, byte[] bytes)
    {
        ReadOnlySpan<byte> span = bytes;
        if (span.StartsWith(Encoding.UTF8.Preamble))
            span = span[Encoding.UTF8.Preamble.Length..];
        try
        {
            string text = new UTF8Encoding(false, throwOnInvalidBytes: true).GetString(span);
            int bad = text.AsSpan().IndexOfAnyInRange('\0', '\b');
            if (bad >= 0)
                throw new UserError($"{path}:{LineOf(text, bad)}: a control character (U+{(int)text[bad]:X4}); is this a text file?");
            return text;
        }
        catch (DecoderFallbackException exception)
        {
            int index = Math.Clamp(exception.Index, 0, span.Length);
            int line = span[..index].Count((byte)'\n') + 1;
            throw new UserError($"{path}:{line}: not UTF-8; save the file as UTF-8", exception);
        }
    }

    private static int LineOf(string text, int index) => text.AsSpan(0, index).Count('\n') + 1;
}

using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Unicode;
using Rlhf.Core;

namespace Rlhf.Models.Tokenization;

/// <summary>
/// Reads the decoder of a tokenizer.json, which turns tokens into text. Every step maps a list of strings to a list of strings, in which
/// invalid UTF-8 bytes are kept as escapes (see <see cref="EscapedText"/>) or become U+FFFD. The result is the joined list.
/// </summary>
internal static class TokenDecoders
{
    private const int DeepestNesting = 32;

    public static Func<List<string>, List<string>> Read(JsonPlace? place, bool keepBytes, int depth = 0)
    {
        if (place is not { } decoder)
            return tokens => [string.Join(' ', tokens)];
        if (depth > DeepestNesting)
            throw new UserError($"{decoder.Path} is nested too deeply");
        string type = decoder.Text("type");
        switch (type)
        {
            case "Sequence":
                var steps = decoder.Require("decoders").Items().Select(inner => Read(inner, keepBytes, depth + 1)).ToArray();
                return tokens => steps.Aggregate(tokens, (current, inner) =>
                {
                    var next = inner(current);
                    TextGrowth.Check(Length(current), Length(next), decoder.Path);
                    return next;
                });
            case "ByteLevel":
                return tokens => ByteLevel(tokens, keepBytes);
            case "ByteFallback":
                return tokens => ByteFallback(tokens, keepBytes);
            case "Fuse":
                return tokens => [string.Concat(tokens)];
            case "Strip":
                return Strip(decoder);
            case "Replace":
                string content = EscapedText.FromString(decoder.Text("content"));
                JsonPlace pattern = decoder.Require("pattern");
                if (pattern.Find("String")?.AsText() is { Length: > 0 } plain)
                    return tokens => tokens.ConvertAll(token => TextGrowth.Replace(token, plain, content, decoder.Path));
                SplitPattern found = SplitPattern.Read(pattern);
                return tokens => tokens.ConvertAll(token => found.Replace(token, content, decoder.Path));
            case "Metaspace":
                return Metaspace(decoder);
            case "BPEDecoder":
                string suffix = decoder.Text("suffix", "</w>");
                if (suffix.Length == 0)
                    throw new UserError($"{decoder.Path}.suffix is empty");
                return tokens => [.. tokens.Select((token, i) =>
                    token.Replace(suffix, i == tokens.Count - 1 ? "" : " ", StringComparison.Ordinal))];
            default:
                throw new UserError($"{decoder.Path}: decoders of type {JsonPlace.DisplayText(type)} are not supported; Sequence, "
                    + "ByteLevel, ByteFallback, "
                    + "Fuse, Strip, Replace, Metaspace and BPEDecoder are");
        }
    }

    private static long Length(List<string> tokens) => tokens.Sum(token => (long)token.Length);

    /// <summary>Maps printable characters back to their bytes. A token with any other character is kept as its own UTF-8.</summary>
    public static List<string> ByteLevel(List<string> tokens, bool keepBytes)
    {
        var bytes = new List<byte>();
        foreach (string token in tokens)
        {
            int before = bytes.Count;
            foreach (char c in token)
            {
                if (ByteAlphabet.TryByte(c, out byte value))
                {
                    bytes.Add(value);
                    continue;
                }
                bytes.RemoveRange(before, bytes.Count - before);
                bytes.AddRange(EscapedText.ToBytes(token));
                break;
            }
        }
        ReadOnlySpan<byte> all = CollectionsMarshal.AsSpan(bytes);
        return [keepBytes ? EscapedText.FromBytes(all) : Encoding.UTF8.GetString(all)];
    }

    /// <summary>
    /// Decodes runs of byte tokens such as "&lt;0xE2&gt;". If a run is not valid UTF-8, each of its bytes is escaped or becomes U+FFFD.
    /// </summary>
    private static List<string> ByteFallback(List<string> tokens, bool keepBytes)
    {
        var result = new List<string>(tokens.Count);
        var run = new List<byte>();
        foreach (string token in tokens)
        {
            if (token.Length == 6 && token.StartsWith("<0x", StringComparison.Ordinal) && token[5] == '>'
                && byte.TryParse(token.AsSpan(3, 2), NumberStyles.AllowHexSpecifier, null, out byte value))
            {
                run.Add(value);
                continue;
            }
            Flush();
            result.Add(token);
        }
        Flush();
        return result;

        void Flush()
        {
            if (run.Count == 0)
                return;
            ReadOnlySpan<byte> bytes = CollectionsMarshal.AsSpan(run);
            if (Utf8.IsValid(bytes))
                result.Add(Encoding.UTF8.GetString(bytes));
            else
                result.Add(string.Concat(run.Select(b => keepBytes && b >= 0x80 ? (char)(0xDC00 + b) : keepBytes ? (char)b : '\uFFFD')));
            run.Clear();
        }
    }

    private static Func<List<string>, List<string>> Strip(JsonPlace decoder)
    {
        string content = decoder.Text("content");
        if (content.Length != 1)
            throw decoder.Require("content").Wrong("one character");
        int start = decoder.Count("start"), stop = decoder.Count("stop");
        return tokens => tokens.ConvertAll(token =>
        {
            int from = 0, to = token.Length;
            while (from < token.Length && from < start && token[from] == content[0])
                from++;
            while (to > from && token.Length - to < stop && token[to - 1] == content[0])
                to--;
            return token[from..to];
        });
    }

    private static Func<List<string>, List<string>> Metaspace(JsonPlace decoder)
    {
        string replacement = decoder.Text("replacement", "▁");
        if (replacement.Length == 0)
            throw new UserError($"{decoder.Path}.replacement is empty; it should be one character");
        bool prepended = decoder.Text("prepend_scheme", decoder.Flag("add_prefix_space", true) ? "always" : "never") != "never";
        return tokens => [.. tokens.Select((token, i) =>
            token.Replace(replacement, i == 0 && prepended ? "" : " ", StringComparison.Ordinal))];
    }
}

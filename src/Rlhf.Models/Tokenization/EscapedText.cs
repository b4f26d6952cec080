using System.Buffers;
using System.Text;

namespace Rlhf.Models.Tokenization;

/// <summary>
/// Text that may contain bytes that are not valid UTF-8. Such a byte b is represented as the lone surrogate U+DC00 + b (Python's
/// "surrogateescape"), so that a file is tokenized byte for byte. Text from a string contains no such surrogates, because
/// <see cref="FromString"/> replaces them by U+FFFD.
/// </summary>
internal static class EscapedText
{
    private const char Replacement = '\uFFFD';

    /// <summary>A string with every lone surrogate replaced by U+FFFD.</summary>
    public static string FromString(string text)
    {
        if (text.AsSpan().IndexOfAnyInRange('\uD800', '\uDFFF') < 0)
            return text;
        StringBuilder? mended = null;
        for (int i = 0; i < text.Length; i++)
        {
            if (!char.IsSurrogate(text[i]))
                continue;
            if (i + 1 < text.Length && char.IsSurrogatePair(text[i], text[i + 1]))
                i++;
            else
                (mended ??= new StringBuilder(text))[i] = Replacement;
        }
        return mended?.ToString() ?? text;
    }

    /// <summary>Decodes UTF-8; bytes outside of valid sequences become escapes.</summary>
    public static string FromBytes(ReadOnlySpan<byte> bytes)
    {
        var text = new StringBuilder(bytes.Length);
        Span<char> pair = stackalloc char[2];
        while (!bytes.IsEmpty)
        {
            bool valid = Rune.DecodeFromUtf8(bytes, out Rune rune, out int length) == OperationStatus.Done;
            if (valid)
            {
                text.Append(pair[..rune.EncodeToUtf16(pair)]);
            }
            else
            {
                foreach (byte b in bytes[..length])
                    text.Append((char)(0xDC00 + b));
            }
            bytes = bytes[length..];
        }
        return text.ToString();
    }

    /// <summary>Encodes as UTF-8; escapes become their byte.</summary>
    public static byte[] ToBytes(ReadOnlySpan<char> text)
    {
        if (text.IndexOfAnyInRange('\uD800', '\uDFFF') < 0)
        {
            byte[] plain = new byte[Encoding.UTF8.GetByteCount(text)];
            Encoding.UTF8.GetBytes(text, plain);
            return plain;
        }
        var bytes = new List<byte>(text.Length + 16);
        Span<byte> utf8 = stackalloc byte[4];
        while (!text.IsEmpty)
        {
            if (Rune.DecodeFromUtf16(text, out Rune rune, out int length) == OperationStatus.Done)
                bytes.AddRange(utf8[..rune.EncodeToUtf8(utf8)]);
            else
                bytes.Add((byte)text[0]);
            text = text[length..];
        }
        return [.. bytes];
    }

    /// <summary>The length of the next character, a code point or an escape, in UTF-16 units.</summary>
    public static int CharacterLength(ReadOnlySpan<char> text, int at) =>
        at + 1 < text.Length && char.IsSurrogatePair(text[at], text[at + 1]) ? 2 : 1;
}

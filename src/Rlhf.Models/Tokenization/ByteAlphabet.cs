namespace Rlhf.Models.Tokenization;

/// <summary>
/// The printable characters that represent the 256 bytes in byte-level vocabularies (GPT-2's bytes_to_unicode): printable
/// Latin-1 characters represent themselves, the other 68 bytes are mapped to U+0100 and up in their order.
/// </summary>
internal static class ByteAlphabet
{
    private static readonly char[] ToChar = Build();
    private static readonly Dictionary<char, byte> ToByte = Enumerable.Range(0, 256).ToDictionary(b => ToChar[b], b => (byte)b);

    /// <summary>All 256 characters, in the order of their bytes.</summary>
    public static ReadOnlySpan<char> Characters => ToChar;

    public static bool TryByte(char character, out byte value) => ToByte.TryGetValue(character, out value);

    /// <summary>Maps each byte of the text's UTF-8 to its character.</summary>
    public static string Map(ReadOnlySpan<char> text)
    {
        byte[] bytes = EscapedText.ToBytes(text);
        return string.Create(bytes.Length, bytes, static (span, source) =>
        {
            for (int i = 0; i < source.Length; i++)
                span[i] = ToChar[source[i]];
        });
    }

    private static char[] Build()
    {
        char[] map = new char[256];
        char next = '\u0100';
        for (int b = 0; b < 256; b++)
            map[b] = b is >= '!' and <= '~' or >= 0xA1 and <= 0xAC or >= 0xAE and <= 0xFF ? (char)b : next++;
        return map;
    }
}

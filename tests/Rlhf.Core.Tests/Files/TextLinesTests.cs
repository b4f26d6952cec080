using System.IO.Compression;
using System.Text;
using Rlhf.Core.Files;
using Rlhf.Testing;

namespace Rlhf.Core.Tests.Files;

public sealed class TextLinesTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("")]
    [InlineData("one")]
    [InlineData("one\n", "one")]
    [InlineData("one\r\ntwo\r\n", "one", "two")]
    [InlineData("\n \none\n\n", "", " ", "one", "")]
    public void Lines_end_with_a_line_feed_and_the_last_may_lack_it(string text, params string[] lines) =>
        Assert.Equal(lines.Length == 0 && text.Length > 0 ? [text] : lines,
            TextLines.ReadValid(Write("a.txt", Encoding.UTF8.GetBytes(text))).Select(l => l.Text));

    public static TheoryData<string> Encodings => ["utf-8", "utf-16", "utf-16BE", "utf-32", "utf-32BE"];

    [Theory]
    [MemberData(nameof(Encodings))]
    public void A_byte_order_mark_names_the_encoding_and_costs_no_line(string name)
    {
        var encoding = Encoding.GetEncoding(name);
        string text = string.Concat(Enumerable.Range(0, 30_000).Select(i => $"Zeile {i} äöü 🌸\r\n"));
        byte[] bytes = [.. encoding.GetPreamble(), .. encoding.GetBytes(text)];
        foreach (string path in new[] { Write("a.txt", bytes), Write("a.txt.gz", Gzip(bytes)) })
            Assert.Equal(text.Split("\r\n", StringSplitOptions.RemoveEmptyEntries), TextLines.ReadValid(path).Select(l => l.Text));
    }

    [Fact]
    public void A_line_that_is_not_utf8_is_named_and_the_others_stay()
    {
        string path = Write("latin.txt", [.. "good\ncaf"u8, 0xE9, .. "\nalso good\nzero\0byte\n"u8]);
        // A zero byte near the beginning makes the whole file binary.
        Assert.Contains("zero bytes", Assert.Throws<UserError>(() => TextLines.Read(path).ToList()).Message);
        path = Write("latin.txt", [.. "good\ncaf"u8, 0xE9, .. "\nalso good\n"u8]);
        Assert.Equal([null, "not UTF-8: byte 0xE9 at position 4; if the file is in Windows-1252 or Latin-1, convert it: iconv -f "
            + "WINDOWS-1252 -t UTF-8", null],
            TextLines.Read(path).Select(l => l.Fault));
        Assert.StartsWith($"{path}:2: not UTF-8", Assert.Throws<UserError>(() => TextLines.ReadValid(path).ToList()).Message);
        path = Write("zero.txt", [.. Encoding.UTF8.GetBytes(new string('x', 5000)), .. "\nab\0\n"u8]);
        Assert.Equal([null, "a zero byte at position 3"], TextLines.Read(path).Select(l => l.Fault));
    }

    [Fact]
    public void A_huge_line_is_passed_over_and_named()
    {
        string path = _folder["huge.txt"];
        using (var file = File.Create(path))
        {
            file.Write("first\n"u8);
            byte[] piece = [.. Enumerable.Repeat((byte)'x', 1 << 20)];
            for (int i = 0; i < 200; i++)
                file.Write(piece);
            file.Write("\nlast"u8);
        }
        long before = GC.GetTotalAllocatedBytes();
        var lines = TextLines.Read(path).Select(l => (l.Number, l.Text, l.Fault)).ToList();
        Assert.Equal([(1, "first", null), (2, "", "longer than 8 MB"), (3, "last", null)], lines);
        Assert.InRange(GC.GetTotalAllocatedBytes() - before, 0, 64L << 20);
        File.WriteAllText(path, new string('y', TextLines.MaxBytes) + "\n" + new string('z', TextLines.MaxBytes + 1));
        Assert.Equal([null, "longer than 8 MB"], TextLines.Read(path).Select(l => l.Fault));
    }

    [Fact]
    public void Gzip_is_recognized_by_its_content_and_may_have_several_members()
    {
        byte[] bytes = [.. Gzip("one\ntwo\n"u8.ToArray()), .. Gzip("three\n"u8.ToArray())];
        Assert.Equal([(1, "one"), (2, "two"), (3, "three")], TextLines.ReadValid(Write("unnamed", bytes)));
        Assert.Contains("not compressed with gzip, although", Refusal(Write("plain.gz", "text"u8.ToArray())));
    }

    [Fact]
    public void Data_after_the_last_member_of_a_gzip_file_are_an_error()
    {
        byte[] first = Gzip("one\ntwo\n"u8.ToArray()), second = Gzip("three\n"u8.ToArray());
        foreach (int damaged in new[] { 0, 1 })
        {
            byte[] bytes = [.. first, .. second];
            bytes[first.Length + damaged] ^= 4;
            Assert.Contains(":3: the gzip data is damaged or truncated", Refusal(Write("magic.gz", bytes)));
        }
        Assert.Contains(":3: the gzip data is damaged", Refusal(Write("text.gz", [.. first, .. "x\n"u8])));
        Assert.Contains(":3: the gzip data is damaged", Refusal(Write("one.gz", [.. first, 0x1F])));
        Assert.Equal(["one", "two"], TextLines.ReadValid(Write("padded.gz", [.. first, .. new byte[700]])).Select(line => line.Text));
    }

    [Fact]
    public void Damaged_gzip_data_are_an_error_wherever_they_are_cut()
    {
        byte[] whole = Gzip(Encoding.UTF8.GetBytes(string.Concat(Enumerable.Range(0, 20_000).Select(i => $"line {i * 7919}\n"))));
        foreach (int length in new[] { whole.Length - 1, whole.Length - 8, whole.Length - 9, whole.Length / 2, 30, 10, 3 })
            Assert.Contains("damaged", Refusal(Write("cut.gz", whole[..length])));
        whole[^6] ^= 1;
        Assert.Contains("damaged", Refusal(Write("checksum.gz", whole)));
    }

    public static TheoryData<string, byte[], string> Binaries => new()
    {
        { "table.jsonl", [.. "PAR1"u8, 1, 2, 3, 0, 0], "is a Parquet file" },
        { "model.txt", [.. "PK\x03\x04"u8, 1, 0], "is a zip archive" },
        { "noise", [1, 2, 0, 3, 4, 5, 6, 7], "contains zero bytes" },
        { "windows.txt", Encoding.Unicode.GetBytes("Tell me a story.\r\n"), "looks like UTF-16 without a byte order mark" },
        { "windows.txt.gz", Gzip(Encoding.BigEndianUnicode.GetBytes("Tell me a story.\r\n")), "looks like UTF-16 without a "
        + "byte order mark" },
        { "broken.txt", [0xFF, 0xFE, .. Encoding.Unicode.GetBytes("fine\n"), 0, 0xD8, (byte)'x', 0], "not valid in the encoding" },
    };

    [Theory]
    [MemberData(nameof(Binaries))]
    public void What_is_no_text_is_refused_by_name(string name, byte[] content, string message) =>
    Assert.Contains(message, Refusal(Write(name, content)));

    private static string Refusal(string path)
    {
        string message = Assert.Throws<UserError>(() => TextLines.ReadValid(path).ToList()).Message;
        Assert.StartsWith(path, message);
        return message;
    }

    private string Write(string name, byte[] content)
    {
        File.WriteAllBytes(_folder[name], content);
        return _folder[name];
    }

    private static byte[] Gzip(byte[] content)
    {
        var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.Fastest, leaveOpen: true))
            gzip.Write(content);
        return packed.ToArray();
    }
}

using System.Text;
using System.Text.Json;
using Rlhf.Core;
using Rlhf.Storage.Exchange.Sources;
using Rlhf.Storage.Json;
using Rlhf.Testing;

namespace Rlhf.Storage.Tests.Exchange;

/// <summary>Case 17 of labeling-cases.md: tables from Excel and others have the right columns, and a bad line is named.</summary>
public sealed class CsvRowsTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    [Theory]
    [InlineData(",", "\n", "utf-8")]
    [InlineData(";", "\r\n", "utf-8")]
    [InlineData(";", "\r\n", "utf-16")]
    [InlineData("\t", "\r", "utf-8")]
    [InlineData("|", "\n", "utf-16BE")]
    public void Case_17_csv_whatever_its_delimiter_line_break_and_encoding(string delimiter, string lineBreak, string encoding)
    {
        string[] lines =
        [
            string.Join(delimiter, "prompt", "\"chosen\"", "rejected"),
            string.Join(delimiter, "grün \"so\" 🌸", "\" two\nlines, \"\"quoted\"\"; | \t\"", ""),
            "",
            string.Join(delimiter, "p", "a", "b") + lineBreak,
        ];
        File.WriteAllText(_folder["a.csv"], string.Join(lineBreak, lines), WithMark(encoding));
        Assert.Equal(
        [
            (2, Unescape("{\"prompt\":\"grün \\\"so\\\" 🌸\",\"chosen\":\" two\\nlines, \\\"quoted\\\"; | \\t\",\"rejected\":\"\"}")),
            (5, "{\"prompt\":\"p\",\"chosen\":\"a\",\"rejected\":\"b\"}"),
        ], Rows("a.csv").Select(row => (row.Line, Unescape(row.Json))));
    }

    [Fact]
    public void A_bad_line_is_named_and_costs_no_other()
    {
        File.WriteAllText(_folder["a.csv"], """
            prompt,chosen,rejected
            p1,a,b
            p2,a
            p3,"never closed,b
            p4,a,b
            p5,"a"x,b
            p6,a,b,c
            p7,"a","b"
            """);
        var rows = Rows("a.csv");
        Assert.Equal([2, 3, 4, 5, 6, 7, 8], rows.Select(r => r.Line));
        Assert.Equal(
        [
            null, "2 cells where the header has 3 columns", "a quote opens a cell and none closes it", null,
            "'x' after the quote that closes a cell; a quote inside a cell is written twice", "4 cells where the header has 3 columns",
                null,
        ], rows.Select(r => r.Fault).Select((fault, i) => i == 2 && fault is not null ? "a quote opens a cell and none closes it" : fault));
        Assert.NotNull(rows[2].Fault);
        Assert.Contains("\"p7\"", rows[6].Json);
    }

    [Fact]
    public void A_quote_that_is_never_closed_is_told_at_its_line()
    {
        File.WriteAllText(_folder["a.csv"], "prompt,chosen,rejected\np1,\"a,b\np2,a,b\np3,a,b\n");
        var rows = Rows("a.csv");
        Assert.Equal([(2, "a quote opens a cell and none closes it"), (3, null), (4, null)], rows.Select(r => (r.Line, r.Fault)));
    }

    [Fact]
    public void Lists_of_messages_are_lists_and_texts_in_brackets_are_texts()
    {
        File.WriteAllText(_folder["a.csv"], "prompt,chosen,completions\n"
            + "\"[1, 2]\",\"[{\"\"role\"\":\"\"assistant\"\",\"\"content\"\":\"\"x\"\"}]\",\"[\"\"a\"\",\"\"b\"\"]\"\n");
        Assert.Equal("{\"prompt\":\"[1, 2]\",\"chosen\":[{\"role\":\"assistant\",\"content\":\"x\"}],\"completions\":[\"a\",\"b\"]}",
            Assert.Single(Rows("a.csv")).Json);
    }

    [Fact]
    public void Excel_may_say_its_delimiter_and_leave_empty_columns()
    {
        File.WriteAllText(_folder["a.csv"], "sep=;\r\nprompt;chosen;rejected;\r\na,b;c;d;\r\n");
        Assert.Equal("{\"prompt\":\"a,b\",\"chosen\":\"c\",\"rejected\":\"d\",\"column 4\":\"\"}", Assert.Single(Rows("a.csv")).Json);
    }

    [Fact]
    public void What_is_no_table_is_said()
    {
        File.WriteAllText(_folder["twice.csv"], "a,b,a\n1,2,3\n");
        Assert.Contains("names 'a' 2 times", Assert.Throws<UserError>(() => Rows("twice.csv")).Message);
        File.WriteAllText(_folder["empty.csv"], "");
        Assert.Contains("the file is empty", Assert.Throws<UserError>(() => Rows("empty.csv")).Message);
        File.WriteAllBytes(_folder["latin.csv"], [.. "a,b\n1,"u8, 0xE4, .. "\n"u8]);
        Assert.Contains("not UTF-8; if the table is in Windows-1252", Assert.Throws<UserError>(() => Rows("latin.csv")).Message);
    }

    public void Dispose() => _folder.Dispose();

    private List<(int Line, string Json, string? Fault)> Rows(string name) =>
        [.. SourceFile.Open(_folder[name]).Read().Select(row => (row.Number, Encoding.UTF8.GetString(row.Json.Span), row.Fault))];

    private static Encoding WithMark(string name) => name switch
    {
        "utf-8" => new UTF8Encoding(encoderShouldEmitUTF8Identifier: true),
        "utf-16" => new UnicodeEncoding(bigEndian: false, byteOrderMark: true),
        _ => new UnicodeEncoding(bigEndian: true, byteOrderMark: true),
    };

    /// <summary>The writer of JSON escapes what a page could misread; the text is the same.</summary>
    private static string Unescape(string json) =>
        JsonSerializer.Serialize(JsonSerializer.Deserialize<JsonElement>(json), ContentJson.Settings);
}

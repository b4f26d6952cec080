using System.IO.Compression;
using System.Text;
using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using Rlhf.Core.Content;
using Rlhf.Storage.Datasets;
using Rlhf.Storage.Import;
using Rlhf.Testing;

namespace Rlhf.Storage.Tests.Import;

public sealed class JudgmentImportTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Real_preferences_come_in_whole_and_once_as_messages()
    {
        string folder = SharedData.Require("data/hh-rlhf");
        await using var store = await Store.OpenAsync();
        var original = Directory.GetFiles(folder, "*.jsonl.gz").SelectMany(Lines).Select(line => JsonDocument.Parse(line).RootElement)
            .Select(row => (row.GetProperty("chosen").GetString()!, row.GetProperty("rejected").GetString()!)).ToList();
        var result = await ImportAsync(store, folder);
        Assert.Equal((original.Count, 0, 0), (result.Added, result.Known, result.Survey.BadLineCount));
        Assert.Equal((0, original.Count), await ImportAsync(store, folder) is var again ? (again.Added, again.Known) : default);

        await MaterializeAsync(store, result.Project, "rankings.jsonl");
        // Put together again, the texts are those of the file.
        var whole = File.ReadLines(store["rankings.jsonl"]).Select(line => JsonDocument.Parse(line).RootElement).Select(row =>
        {
            int chosen = row.GetProperty("ranks")[0].GetInt32() == 1 ? 0 : 1;
            var prompt = Messages(row.GetProperty("prompt"));
            Assert.Equal(Message.User, prompt[^1].Role);
            string Text(int index) => DialogueText.Prompt(prompt) + DialogueText.Reply(Messages(row.GetProperty("completions")[index]));
            return (Text(chosen), Text(1 - chosen));
        });
        Assert.Equal(original.Order(), whole.Order());
    }

    [Fact]
    public async Task A_corrected_file_leaves_nothing_of_the_old_one_in_its_data_set()
    {
        await using var store = await Store.OpenAsync();
        string path = store["pairs.jsonl"];
        File.WriteAllText(path, """
            {"prompt": "p", "chosen": "good", "rejected": "bad"}
            {"prompt": "q", "chosen": "yes", "rejected": "no"}
            """);
        var first = await ImportAsync(store, path);
        // The first line is turned round, the second deleted.
        File.WriteAllText(path, """{"prompt": "p", "chosen": "bad", "rejected": "good"}""");
        var second = await ImportAsync(store, path);
        Assert.NotEqual(first.Project, second.Project);
        await MaterializeAsync(store, second.Project, "second.jsonl");
        Assert.Contains("\"prompt\":\"p\",\"completions\":[\"bad\",\"good\"],\"ranks\":[1,2]",
            Assert.Single(File.ReadLines(store["second.jsonl"])));
    }

    [Fact]
    public async Task The_same_content_is_one_project_wherever_it_lies_and_however_it_is_stored()
    {
        await using var store = await Store.OpenAsync();
        const string Content =
            "{\"prompt\":\"p é\",\"chosen\":\"good\",\"rejected\":\"bad\"}\n{\"prompt\":\"q\",\"chosen\":\"yes\",\"rejected\":\"no\"}\n";
        File.WriteAllText(store["a.jsonl"], Content);
        File.WriteAllText(store["b.jsonl"], "\n" + Content.ReplaceLineEndings("\r\n"),
            new UnicodeEncoding(bigEndian: false, byteOrderMark: true));
        File.WriteAllBytes(store["c.jsonl.gz"], Gzip(Encoding.UTF8.GetBytes("\uFEFF" + Content)));
        var first = await ImportAsync(store, store["a.jsonl"]);
        Assert.Equal((2, 0), (first.Added, first.Known));
        foreach (string name in new[] { "b.jsonl", "c.jsonl.gz" })
        {
            var again = await ImportAsync(store, store[name]);
            Assert.Equal((first.Project, 0, 2), (again.Project, again.Added, again.Known));
        }
    }

    [Fact]
    public async Task What_a_file_says_twice_counts_twice()
    {
        await using var store = await Store.OpenAsync();
        string line = """{"prompt":"p","chosen":"good","rejected":"bad"}""" + "\n";
        File.WriteAllText(store["a.jsonl"], line + line + """{"prompt":"p","chosen":"bad","rejected":"good"}""");
        var result = await ImportAsync(store, store["a.jsonl"]);
        Assert.Equal((3, 0), (result.Added, result.Known));
        Assert.Equal((0, 3), await ImportAsync(store, store["a.jsonl"]) is var again ? (again.Added, again.Known) : default);
    }

    [Fact]
    public async Task A_data_set_that_was_written_comes_back_as_it_was()
    {
        await using var store = await Store.OpenAsync();
        string source = store["a.jsonl"];
        File.WriteAllText(source, """
            {"prompt":"p","completions":["a","b","c"],"ranks":[2,1,2],"strength":1.5,"simulated":true}
            {"prompt":"p","completions":["a","b","c"],"ranks":[2,1,2],"strength":1.5,"simulated":true}
            {"prompt":[{"role":"system","content":"Be kind."},{"role":"user","content":"q"}],"completions":[[{"role":"assistant","content":"x"}],[{"role":"assistant","content":"y"}]],"ranks":[1,2]}
            """);
        var result = await ImportAsync(store, source);
        await MaterializeAsync(store, result.Project, "once.jsonl");
        var again = await ImportAsync(store, store["once.jsonl"]);
        await MaterializeAsync(store, again.Project, "twice.jsonl");
        Assert.Equal(File.ReadAllText(store["once.jsonl"]), File.ReadAllText(store["twice.jsonl"]));
        Assert.Equal((0, 3), await ImportAsync(store, store["twice.jsonl"]) is var third ? (third.Added, third.Known) : default);
        // What a program said stays marked.
        Assert.Equal(2, File.ReadLines(store["twice.jsonl"]).Count(line => line.Contains("\"simulated\":true")));
    }

    [Fact]
    public async Task Bad_lines_are_counted_and_named_and_the_good_ones_go_in_where_that_is_allowed()
    {
        await using var store = await Store.OpenAsync();
        string path = store["pairs.jsonl"];
        File.WriteAllBytes(path, [.. Encoding.UTF8.GetBytes("""
            {"prompt": "p", "chosen": "good", "rejected": "bad"}
            {"prompt": "p", "chosen": "good"

            {"prompt": "p", "chosen": "good"}
            {"prompt": 3, "chosen": "good", "rejected": "bad"}
            [1]
            {"prompt": "p", "chosen": "same", "rejected": "same"}
            {"prompt": "p", "chosen": "\ud800", "rejected": "bad"}
            {"prompt": "p", "chosen": "bad", "rejected": "good", "score": NaN}
            """), .. "\n{\"chosen\":\"a\",\"rejected\":\""u8, 0xC3, 0x28, .. "\"}\n"u8,
                .. Encoding.UTF8.GetBytes("{\"prompt\":\"p\",\"chosen\":\"" + new string('x', 9 << 20)
                    + "\"}\n{\"prompt\":\"q\",\"chosen\":\"é\",\"rejected\":\"\"}")]);
        Assert.Equal($"{path}: 9 of 11 lines hold no preference, more than the share of 0.01 that may be left out (maxBadShare); "
            + $"nothing was imported. The first: {path}:2: not valid JSON at byte 33",
            await Store.RefusalAsync(() => ImportAsync(store, path)));
        await using var db = store.Database.OpenReadContext();
        Assert.Empty(await db.Projects.ToListAsync(Cancellation));

        var result = await new JudgmentImport(store.Database).ImportAsync(path, maxBadShare: 0.9, Cancellation);
        Assert.Equal((2, 0, 9, 11), (result.Added, result.Known, result.Survey.BadLineCount, result.Survey.Lines));
        Assert.Equal(
        [
            (2, "not valid JSON at byte 33"),
            (4, "no 'rejected'; the line has 'prompt', 'chosen'"),
            (5, "'prompt' must be a text or a list of messages"),
            (6, "expected an object with 'chosen' and 'rejected'"),
            (7, "'chosen' and 'rejected' are the same: no preference"),
            (8, "a text with invalid Unicode"),
            (9, "not valid JSON at byte 63: NaN is no JSON number; write null, or leave the field out"),
            (10, "not UTF-8: byte 0xC3 at position 27; if the file is in Windows-1252 or Latin-1, convert it: "
                + "iconv -f WINDOWS-1252 -t UTF-8"),
            (11, "longer than 8 MB"),
        ], result.Survey.BadLines.Select(b => (b.Line, b.Reason)));
        Assert.Equal(2, await db.Annotations.CountAsync(a => !a.IsSimulated && a.Latest, Cancellation));
    }

    [Fact]
    public async Task A_damaged_archive_is_refused_and_nothing_of_it_stays()
    {
        await using var store = await Store.OpenAsync();
        byte[] packed = Gzip(Encoding.UTF8.GetBytes(
            string.Concat(Enumerable.Range(0, 20_000)
                .Select(i => $"{{\"prompt\":\"p{i}\",\"chosen\":\"{i * 7919}\",\"rejected\":\"bad\"}}\n"))));
        File.WriteAllBytes(store["cut.jsonl.gz"], packed[..(packed.Length / 2)]);
        Assert.Contains("damaged or truncated", await Store.RefusalAsync(() => ImportAsync(store, store["cut.jsonl.gz"])));
        await using var db = store.Database.OpenReadContext();
        Assert.Empty(await db.Projects.ToListAsync(Cancellation));
    }

    [Fact]
    public async Task Nothing_to_read_is_said()
    {
        await using var store = await Store.OpenAsync();
        Directory.CreateDirectory(store["empty"]);
        Assert.Contains("no .jsonl or .jsonl.gz file in this folder", await Store.RefusalAsync(() => ImportAsync(store, store["empty"])));
        Assert.Contains("no such file or folder", await Store.RefusalAsync(() => ImportAsync(store, store["no"])));
        File.WriteAllText(store["blank.jsonl"], "\n\n");
        Assert.Contains("no line in it", await Store.RefusalAsync(() => ImportAsync(store, store["blank.jsonl"])));
    }

    private static Task<ImportResult> ImportAsync(Store store, string path) =>
        new JudgmentImport(store.Database).ImportAsync(path, maxBadShare: 0.01, Cancellation);

    private static async Task MaterializeAsync(Store store, Guid project, string file)
    {
        var versions = new DatasetVersions(store.Database);
        var version = await versions.CreateAsync(new DatasetRequest { Projects = [project] }, Cancellation);
        await versions.MaterializeAsync(version.Id, store[file], cancellation: Cancellation);
    }

    private static IReadOnlyList<Message> Messages(JsonElement list) =>
        [.. list.EnumerateArray().Select(m => Message.FromText(m.GetProperty("role").GetString()!, m.GetProperty("content").GetString()!))];

    private static IEnumerable<string> Lines(string path)
    {
        using var reader = new StreamReader(new GZipStream(File.OpenRead(path), CompressionMode.Decompress));
        while (reader.ReadLine() is { } line)
            yield return line;
    }

    private static byte[] Gzip(byte[] content)
    {
        var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.Fastest, leaveOpen: true))
            gzip.Write(content);
        return packed.ToArray();
    }
}

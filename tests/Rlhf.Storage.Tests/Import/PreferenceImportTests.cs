using System.Diagnostics;
using System.IO.Compression;
using System.Text;
using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using Rlhf.Storage.Datasets;
using Rlhf.Storage.Import;
using Rlhf.Testing;

namespace Rlhf.Storage.Tests.Import;

public sealed class PreferenceImportTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Real_preferences_come_in_whole_and_once()
    {
        string folder = SharedData.Require("data/hh-rlhf");
        await using var store = await Store.OpenAsync();
        var import = new PreferenceImport(store.Database);
        var time = Stopwatch.StartNew();
        var result = await import.ImportAsync(folder, "hh-rlhf", Cancellation);
        TestContext.Current.TestOutputHelper!.WriteLine($"{result.Added} pairs in {time.Elapsed.TotalSeconds:0.0} s");
        Assert.Equal((2312, 0, 0), (result.Added, result.Known, result.BadLineCount));
        Assert.Equal((0, 2312), await import.ImportAsync(folder, "hh-rlhf", Cancellation) is var again ? (again.Added, again.Known) : default);

        var versions = new DatasetVersions(store.Database);
        var version = await versions.CreateAsync(new DatasetRequest { Projects = [result.Project] }, Cancellation);
        Assert.Equal((2312, 0), (version.Annotations, version.SimulatedAnnotations));
        await versions.MaterializeAsync(version.Id, store["rankings.jsonl"], Cancellation);
        TestContext.Current.TestOutputHelper!.WriteLine($"and fixed and written after {time.Elapsed.TotalSeconds:0.0} s");
        // Put together again, the texts are those of the file.
        var whole = File.ReadLines(store["rankings.jsonl"]).Select(line => JsonDocument.Parse(line).RootElement).Select(row =>
        {
            int chosen = row.GetProperty("ranks")[0].GetInt32() == 1 ? 0 : 1;
            string prompt = row.GetProperty("prompt").GetString()!;
            Assert.EndsWith("\n\nAssistant:", prompt);
            return (prompt + row.GetProperty("completions")[chosen].GetString(), prompt + row.GetProperty("completions")[1 - chosen].GetString());
        });
        var original = Directory.GetFiles(folder, "*.jsonl.gz").SelectMany(Lines).Select(line => JsonDocument.Parse(line).RootElement)
            .Select(row => (row.GetProperty("chosen").GetString()!, row.GetProperty("rejected").GetString()!));
        Assert.Equal(original.Order(), whole.Order());
    }

    [Fact]
    public async Task Bad_lines_are_told_by_number_and_the_good_ones_go_in()
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
            {"prompt": "p", "chosen": "bad", "rejected": "good"}
            """), .. "\n{\"chosen\":\"a\",\"rejected\":\""u8, 0xC3, 0x28, .. "\"}\n"u8, .. Encoding.UTF8.GetBytes("{\"prompt\":\"p\",\"chosen\":\"" + new string('x', 9 << 20) + "\"}\n{\"prompt\":\"q\",\"chosen\":\"é\",\"rejected\":\"\"}")]);
        var result = await new PreferenceImport(store.Database).ImportAsync(path, "pairs", Cancellation);
        Assert.Equal((3, 0, 8), (result.Added, result.Known, result.BadLineCount));
        Assert.Equal(
            [(2, "not valid JSON"), (4, "no 'rejected'"), (5, "'prompt' must be a text"), (6, "expected an object with 'chosen' and 'rejected'"), (7, "'chosen' and 'rejected' are the same: no preference"), (8, "a text with broken Unicode"), (10, "a text with broken Unicode"), (11, "longer than 8 MB")],
            result.BadLines.Select(b => (b.Line, b.Reason)));
        Assert.Equal($"{path}:2: not valid JSON", result.BadLines[0].ToString());
        // The opposite preference is another one; it counts beside the first.
        await using var db = store.Database.OpenReadContext();
        Assert.Equal(3, await db.Annotations.CountAsync(a => !a.IsSimulated && a.Latest, Cancellation));
    }

    [Fact]
    public async Task A_damaged_archive_gives_what_can_be_read()
    {
        await using var store = await Store.OpenAsync();
        var compressed = new MemoryStream();
        using (var gzip = new GZipStream(compressed, CompressionLevel.Fastest, leaveOpen: true))
        {
            for (int i = 0; i < 20_000; i++)
                gzip.Write(Encoding.UTF8.GetBytes($"{{\"prompt\":\"p{i}\",\"chosen\":\"{i * 7919}\",\"rejected\":\"bad\"}}\n"));
        }
        File.WriteAllBytes(store["cut.jsonl.gz"], compressed.ToArray()[..(int)(compressed.Length / 30)]);
        var result = await new PreferenceImport(store.Database).ImportAsync(store["cut.jsonl.gz"], "cut", Cancellation);
        Assert.InRange(result.Added, 1, 5000);
        Assert.InRange(result.BadLineCount, 0, 1);
        File.WriteAllText(store["no.jsonl.gz"], "not gzip");
        Assert.Contains("no preference in it; the first bad line: ", await Store.RefusalAsync(() => new PreferenceImport(store.Database).ImportAsync(store["no.jsonl.gz"], "no")));
    }

    [Fact]
    public async Task Nothing_to_read_is_said()
    {
        await using var store = await Store.OpenAsync();
        Directory.CreateDirectory(store["empty"]);
        Assert.Contains("no .jsonl or .jsonl.gz file in this folder", await Store.RefusalAsync(() => new PreferenceImport(store.Database).ImportAsync(store["empty"], "x")));
        Assert.Contains("no such file or folder", await Store.RefusalAsync(() => new PreferenceImport(store.Database).ImportAsync(store["no"], "x")));
    }

    [Fact]
    public void Implicit_prompts_are_cut_as_trl_cuts_them()
    {
        string folder = SharedData.Require("data/ecosystem/trl-datasets/preference_implicit_standard");
        var pairs = File.ReadLines(Path.Combine(folder, "data.jsonl")).Select(line => PreferenceLine.Parse(Encoding.UTF8.GetBytes(line))).ToList();
        var expected = JsonDocument.Parse(File.ReadAllText(Path.Combine(folder, "after_extract_prompt.json"))).RootElement.EnumerateArray()
            .Select(row => new PreferencePair(row.GetProperty("prompt").GetString()!, row.GetProperty("chosen").GetString()!, row.GetProperty("rejected").GetString()!));
        Assert.Equal(expected, pairs);
    }

    [Fact]
    public void Explicit_prompts_are_taken_as_they_are()
    {
        string folder = SharedData.Require("data/ecosystem/trl-datasets/preference_explicit_standard");
        foreach (string line in File.ReadLines(Path.Combine(folder, "data.jsonl")))
        {
            var row = JsonDocument.Parse(line).RootElement;
            Assert.Equal(new PreferencePair(row.GetProperty("prompt").GetString()!, row.GetProperty("chosen").GetString()!, row.GetProperty("rejected").GetString()!), PreferenceLine.Parse(Encoding.UTF8.GetBytes(line)));
        }
    }

    [Theory]
    [InlineData("\n\nHuman: a\n\nAssistant: b\n\nHuman: c\n\nAssistant: yes", "\n\nHuman: a\n\nAssistant: b\n\nHuman: c\n\nAssistant: no", "\n\nHuman: a\n\nAssistant: b\n\nHuman: c\n\nAssistant:", " yes", " no")]
    // The dialogues part before the last turn: the prompt ends where both still agree on whose turn it is.
    [InlineData("\n\nHuman: a\n\nAssistant: b\n\nHuman: c\n\nAssistant: d", "\n\nHuman: a\n\nAssistant: e", "\n\nHuman: a\n\nAssistant:", " b\n\nHuman: c\n\nAssistant: d", " e")]
    [InlineData("What is it? red", "What is it? round", "What is it? r", "ed", "ound")]
    [InlineData("Is it so? yes", "Is it so? no", "Is it so?", " yes", " no")]
    [InlineData("x🌸", "x🌹", "x", "🌸", "🌹")]
    [InlineData("", "a", "", "", "a")]
    public void Common_beginnings_by_hand(string chosen, string rejected, string prompt, string good, string bad) =>
        Assert.Equal(new PreferencePair(prompt, good, bad), PreferenceLine.Split(chosen, rejected));

    private static IEnumerable<string> Lines(string path)
    {
        using var reader = new StreamReader(new GZipStream(File.OpenRead(path), CompressionMode.Decompress));
        while (reader.ReadLine() is { } line)
            yield return line;
    }
}

using System.Text;
using Parquet.Serialization;
using Rlhf.Storage.Exchange.Export;
using Rlhf.Storage.Exchange.Sources;

namespace Rlhf.Storage.Tests.Exchange;

/// <summary>Tables: one for programs, one for spreadsheets, each of which says which it is.</summary>
public sealed class TableExportTests
{
    private static readonly string[] s_columns =
    [
        "format", "project", "task", "kind", "position", "prompt", "completion_1", "completion_2", "completion_3", "completion_4",
            "ranking",
        "strength", "none_acceptable", "annotator", "state", "revision", "version", "seconds", "submitted", "record",
    ];

    [Fact]
    public async Task The_table_for_spreadsheets_has_no_formula_and_the_other_every_character()
    {
        await using var store = await Store.OpenAsync();
        var project = await RankingsExchangeTests.FullProjectAsync(store);
        byte[] lossless = await RankingsExchangeTests.ExportAsync(store, project, "csv"),
            spreadsheet = await RankingsExchangeTests.ExportAsync(store, project, "csv-spreadsheet");
        Assert.Equal([0xEF, 0xBB, 0xBF], spreadsheet[..3]);
        Assert.NotEqual(0xEF, lossless[0]);
        var exact = Records(lossless);
        var safe = Records(spreadsheet);
        Assert.Equal(s_columns, exact[0].Cells);
        Assert.Equal(s_columns, safe[0].Cells);
        Assert.Equal(["=1+1", "-a", "@b", " c\r\n\"d\", e", "'f"], exact[1].Cells.Skip(5).Take(5));
        Assert.Equal(["'=1+1", "'-a", "'@b", " c\r\n\"d\", e", "''f"], safe[1].Cells.Skip(5).Take(5));
        Assert.All(exact.Skip(1), r => Assert.Equal("rlhf.csv", r.Cells[0]));
        Assert.All(safe.Skip(1), r => Assert.Equal("rlhf.csv-spreadsheet", r.Cells[0]));
        Assert.All(safe.SelectMany(r => r.Cells), cell => Assert.False(cell is ['=' or '+' or '-' or '@', ..]));
        Assert.Equal(".lossless.csv", ExportFormat.Named("csv").Extension);
        Assert.Equal(".spreadsheet.csv", ExportFormat.Named("csv-spreadsheet").Extension);
    }

    [Fact]
    public async Task Rows_say_who_ranked_how()
    {
        await using var store = await Store.OpenAsync();
        var project = await store.ProjectAsync(1, completions: 4);
        await RankingsExchangeTests.AnswerAsync(store, await RankingsExchangeTests.PersonAsync(store), project, Store.Ranks(2, 2, 1, 3));
        var row = Records(await RankingsExchangeTests.ExportAsync(store, project, "csv"))[1].Cells;
        Assert.Equal(("prompt 0", "a 0", "3>1=2>4", "submitted", "1"),
            (row[5], row[6], row[Array.IndexOf(s_columns, "ranking")], row[Array.IndexOf(s_columns, "state")],
                row[Array.IndexOf(s_columns, "revision")]));
    }

    [Fact]
    public async Task Parquet_has_the_same_cells()
    {
        await using var store = await Store.OpenAsync();
        var project = await RankingsExchangeTests.FullProjectAsync(store);
        var csv = Records(await RankingsExchangeTests.ExportAsync(store, project, "csv"));
        var stream = new MemoryStream(await RankingsExchangeTests.ExportAsync(store, project, "parquet"));
        var rows = (await ParquetSerializer.DeserializeUntypedAsync(stream, cancellationToken: TestContext.Current.CancellationToken)).Data;
        Assert.Equal(csv.Skip(1).Select(r => string.Join('\u241F', r.Cells.Skip(1))),
            rows.Select(row => string.Join('\u241F', s_columns.Skip(1).Select(c => row.GetValueOrDefault(c) as string ?? ""))));
    }

    [Fact]
    public async Task A_project_without_tasks_is_a_table_without_answers()
    {
        await using var store = await Store.OpenAsync();
        var project = await store.ProjectAsync(0);
        var records = Records(await RankingsExchangeTests.ExportAsync(store, project, "csv"));
        Assert.Equal(2, records.Count);
        Assert.StartsWith("{\"format\":\"rlhf.rankings\"", records[1].Cells[1]);
    }

    private static List<CsvRecord> Records(byte[] csv)
    {
        var reader = new CsvRecords(new StreamReader(new MemoryStream(csv), Encoding.UTF8), ',');
        var records = new List<CsvRecord>();
        while (reader.Read(0) is { } record)
            records.Add(record);
        return records;
    }
}

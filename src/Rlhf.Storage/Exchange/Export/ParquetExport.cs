using Parquet;
using Parquet.Schema;

namespace Rlhf.Storage.Exchange.Export;

/// <summary>Writes a table as Parquet; all columns are texts, so that no program reads a value otherwise than it was written.</summary>
internal static class ParquetExport
{
    private const int RowsTogether = 500;

    public static async Task<int> WriteAsync(
        ProjectTable table, RlhfDbContext db, Guid project, Stream stream, CancellationToken cancellation)
    {
        DataField[] fields = [.. (await table.ColumnsAsync(db, project, cancellation))
            .Select(name => new DataField(name, typeof(string), true))];
        await using var writer = await ParquetWriter.CreateAsync(new ParquetSchema(fields), stream, cancellationToken: cancellation);
        var rows = new List<string?[]>();
        int all = 0;
        await foreach (var cells in table.RowsAsync(cancellation))
        {
            rows.Add(cells);
            all++;
            if (rows.Count == RowsTogether)
                await FlushAsync(writer, fields, rows);
        }
        await FlushAsync(writer, fields, rows);
        return all;
    }

    private static async Task FlushAsync(ParquetWriter writer, DataField[] fields, List<string?[]> rows)
    {
        if (rows.Count == 0)
            return;
        using var group = writer.CreateRowGroup();
        for (int column = 0; column < fields.Length; column++)
            await group.WriteAsync(fields[column], [.. rows.Select(row => row[column])]);
        rows.Clear();
    }
}

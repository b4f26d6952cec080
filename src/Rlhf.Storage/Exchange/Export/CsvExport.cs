using System.Buffers;
using System.Text;

namespace Rlhf.Storage.Exchange.Export;

/// <summary>
/// Writes a table as RFC 4180 says: commas, CRLF, cells in quotes where they need them. The one for spreadsheets begins with a byte order
/// mark, without which Excel does not take it for UTF-8.
/// </summary>
internal static class CsvExport
{
    private static readonly SearchValues<char> s_quoted = SearchValues.Create(",\"\r\n;\t");

    public static async Task<int> WriteAsync(
        ProjectTable table, RlhfDbContext db, Guid project, Stream stream, CancellationToken cancellation)
    {
        var columns = await table.ColumnsAsync(db, project, cancellation);
        var line = new StringBuilder();
        bool marked = false;
        int rows = 0;
        Append(line, columns, spreadsheet: false);
        await foreach (var cells in table.RowsAsync(cancellation))
        {
            bool spreadsheet = cells[0] == TableFormats.Spreadsheet;
            if (spreadsheet && !marked)
                line.Insert(0, '\uFEFF');
            marked = true;
            Append(line, cells, spreadsheet);
            rows++;
            await FlushAsync(stream, line, cancellation);
        }
        await stream.FlushAsync(cancellation);
        return rows;
    }

    private static async Task FlushAsync(Stream stream, StringBuilder line, CancellationToken cancellation)
    {
        await stream.WriteAsync(Encoding.UTF8.GetBytes(line.ToString()), cancellation);
        line.Clear();
    }

    private static void Append(StringBuilder line, IReadOnlyList<string?> cells, bool spreadsheet)
    {
        for (int i = 0; i < cells.Count; i++)
        {
            string cell = cells[i] ?? "";
            cell = spreadsheet ? SpreadsheetCell.Neutralize(cell) : cell;
            if (i > 0)
                line.Append(',');
            if (cell.AsSpan().ContainsAny(s_quoted) || cell.Length > 0 && (char.IsWhiteSpace(cell[0]) || char.IsWhiteSpace(cell[^1])))
                line.Append('"').Append(cell.Replace("\"", "\"\"", StringComparison.Ordinal)).Append('"');
            else
                line.Append(cell);
        }
        line.Append("\r\n");
    }
}

namespace Rlhf.Storage.Exchange.Export;

/// <summary>The names by which tables say how their cells are written.</summary>
internal static class TableFormats
{
    public const string Lossless = "rlhf.csv";

    public const string Spreadsheet = "rlhf.csv-spreadsheet";

    public const string Parquet = "rlhf.parquet";
}

/// <summary>
/// Cells that a spreadsheet would take for formulas get an apostrophe in front, and so do those that begin with one, so that it can be
/// taken away again.
/// </summary>
internal static class SpreadsheetCell
{
    public static string Neutralize(string cell) => cell is ['=' or '+' or '-' or '@' or '\'' or '\t' or '\r', ..] ? "'" + cell : cell;

    public static string Restore(string cell, bool neutralized) => neutralized && cell.StartsWith('\'') ? cell[1..] : cell;
}

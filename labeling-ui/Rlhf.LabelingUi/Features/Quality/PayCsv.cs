using System.Globalization;
using System.Text;
using Rlhf.Storage.Quality;

namespace Rlhf.LabelingUi.Features.Quality;

/// <summary>Hours and counts per annotator as CSV (RFC 4180) that a spreadsheet may open: no cell is taken for a formula.</summary>
internal static class PayCsv
{
    private const string Header = "annotator,name,externalWorkerId,answers,corrections,skipped,hours,activeSeconds,first,last\r\n";

    /// <param name="rows">The work.</param>
    /// <param name="nameOf">The name of an annotator.</param>
    public static string Write(IEnumerable<PayRow> rows, Func<Guid, string> nameOf)
    {
        var csv = new StringBuilder(Header);
        foreach (var row in rows)
        {
            csv.AppendJoin(',',
                row.Annotator, Cell(nameOf(row.Annotator)), Cell(row.ExternalWorkerId), row.Answers, row.Corrections, row.Skipped,
                row.Hours.ToString("0.0000", CultureInfo.InvariantCulture), row.ActiveSeconds.ToString("0.0", CultureInfo.InvariantCulture),
                Time(row.First), Time(row.Last)).Append("\r\n");
        }
        return csv.ToString();
    }

    private static string Time(DateTimeOffset? time) =>
        time?.UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ssZ", CultureInfo.InvariantCulture) ?? "";

    private static string Cell(string? text)
    {
        if (string.IsNullOrEmpty(text))
            return "";
        if (text[0] is '=' or '+' or '-' or '@' or '\t' or '\r')
            text = "'" + text;
        return text.AsSpan().ContainsAny(",\"\r\n") ? $"\"{text.Replace("\"", "\"\"", StringComparison.Ordinal)}\"" : text;
    }
}

using Rlhf.Core;

namespace Rlhf.Storage.Exchange.Export;

/// <summary>How a project is written.</summary>
public enum ExportKind
{
    /// <summary>JSON lines with everything: comes back byte for byte.</summary>
    Rankings,

    /// <summary>TRL's {prompt, chosen, rejected}: texts, or lists of messages where any content is a conversation.</summary>
    TrlExplicit,

    /// <summary>TRL's {chosen, rejected}, each with the prompt in front.</summary>
    TrlImplicit,

    /// <summary>TRL's {prompt, chosen, rejected} as lists of messages.</summary>
    TrlConversational,

    /// <summary>hh-rlhf's {chosen, rejected}: dialogues with "\n\nHuman:" and "\n\nAssistant:".</summary>
    Hh,

    /// <summary>A table with everything.</summary>
    Csv,

    /// <summary>The same, with cells that a spreadsheet would take for formulas neutralized.</summary>
    CsvSpreadsheet,

    /// <summary>The same table as Parquet.</summary>
    Parquet,
}

/// <summary>A format of exports: its name in commands and addresses, the ending of its files, and their media type.</summary>
public sealed record ExportFormat(ExportKind Kind, string Name, string Extension, string MediaType)
{
    /// <summary>Whether it holds pairs of a better and a worse completion, and nothing else of the answers.</summary>
    public bool IsPairs => Kind is ExportKind.TrlExplicit or ExportKind.TrlImplicit or ExportKind.TrlConversational or ExportKind.Hh;

    public static IReadOnlyList<ExportFormat> All { get; } =
    [
        new(ExportKind.Rankings, "rankings", ".rankings.jsonl", "application/jsonl"),
        new(ExportKind.TrlExplicit, "trl-explicit", ".trl-explicit.jsonl", "application/jsonl"),
        new(ExportKind.TrlImplicit, "trl-implicit", ".trl-implicit.jsonl", "application/jsonl"),
        new(ExportKind.TrlConversational, "trl-conversational", ".trl-conversational.jsonl", "application/jsonl"),
        new(ExportKind.Hh, "hh", ".hh.jsonl", "application/jsonl"),
        new(ExportKind.Csv, "csv", ".lossless.csv", "text/csv; charset=utf-8"),
        new(ExportKind.CsvSpreadsheet, "csv-spreadsheet", ".spreadsheet.csv", "text/csv; charset=utf-8"),
        new(ExportKind.Parquet, "parquet", ".parquet", "application/vnd.apache.parquet"),
    ];

    /// <exception cref="UserError">There is no such format.</exception>
    public static ExportFormat Named(string name) => All.FirstOrDefault(f => f.Name.Equals(name, StringComparison.OrdinalIgnoreCase))
        ?? throw new UserError($"there is no export format '{name}'; there are {string.Join(", ", All.Select(f => f.Name))}");
}

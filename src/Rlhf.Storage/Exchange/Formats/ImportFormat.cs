using System.Text.Json;
using Rlhf.Core;
using Rlhf.Storage.Entities;
using Rlhf.Storage.Exchange.Sources;

namespace Rlhf.Storage.Exchange.Formats;

/// <summary>A format of files that people bring.</summary>
/// <param name="Name">What it is called on the command line and in the API.</param>
/// <param name="Columns">The columns by which it is recognized, for a person to read.</param>
/// <param name="Recognizes">Whether the first row of a file looks like it.</param>
/// <param name="Read">The tasks of its rows.</param>
public sealed record ImportFormat(
    string Name, string Columns, Func<JsonElement, bool> Recognizes, Func<IEnumerable<SourceRow>, IEnumerable<ReadTask>> Read)
{
    /// <summary>What its answers answer, beside the order of the completions.</summary>
    public IReadOnlyList<Question> Questions { get; init; } = [];

    /// <summary>Columns that it reads beside those it is recognized by: what a mapping may name.</summary>
    public IReadOnlyList<string> Further { get; init; } = [];
}

/// <summary>All formats, in the order in which they are tried.</summary>
public static class ImportFormats
{
    /// <summary>Names of exports and of data sets whose files are read as one of <see cref="All"/>.</summary>
    private static readonly Dictionary<string, string> s_aliases = new(StringComparer.OrdinalIgnoreCase)
    {
        ["trl"] = "preferences",
        ["trl-explicit"] = "preferences",
        ["trl-implicit"] = "preferences",
        ["trl-conversational"] = "preferences",
        ["hh"] = "preferences",
        ["hh-rlhf"] = "preferences",
        ["ultrafeedback"] = "preferences",
    };

    /// <summary>Names of kinds of files, which say nothing of their columns.</summary>
    private static readonly HashSet<string> s_kinds =
        new(["csv", "csv-spreadsheet", "tsv", "parquet", "json", "jsonl"], StringComparer.OrdinalIgnoreCase);

    public static IReadOnlyList<ImportFormat> All { get; } =
    [
        RankingsFormat.Format, OasstFormats.Trees, OasstFormats.Messages, ArgillaFormat.Format, LabelStudioFormat.Format,
        PairFormats.Arena, PairFormats.Shp, HelpSteerFormats.Three, HelpSteerFormats.Preference, PairFormats.PandaLm, PairFormats.Pair,
        HelpSteerFormats.Two, PreferenceFormat.Format, UnpairedFormat.Format, CompletionsFormat.Format,
    ];

    /// <summary>The format of a name; null where the name says only what kind of file it is, and the columns tell more.</summary>
    /// <exception cref="UserError">There is no such format.</exception>
    public static ImportFormat? Named(string name) => s_kinds.Contains(name)
        ? null
        : All.FirstOrDefault(f => f.Name == s_aliases.GetValueOrDefault(name, name.ToLowerInvariant()))
            ?? throw new UserError($"there is no import format '{name}'; there are {string.Join(", ", All.Select(f => f.Name))}");

    /// <summary>The format that a row looks like; null where it looks like none.</summary>
    public static ImportFormat? Recognize(JsonElement row) => All.FirstOrDefault(format => format.Recognizes(row));
}

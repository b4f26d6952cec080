using System.Security.Cryptography;
using Rlhf.Core;
using Rlhf.Core.Files;
using Rlhf.Storage.Entities;
using Rlhf.Storage.Exchange.Formats;
using Rlhf.Storage.Exchange.Sources;

namespace Rlhf.Storage.Import;

/// <summary>A line that was left out, and why.</summary>
public sealed record BadLine(string File, int Line, string Reason)
{
    public override string ToString() => $"{File}:{Line}: {Reason}";
}

/// <summary>What files of judgments hold.</summary>
/// <param name="Sha256">
/// Of their lines in UTF-8, line breaks and blank lines aside: the same for the same content, whatever the file's name and compression.
/// </param>
/// <param name="Lines">Lines that are not blank; where several lines are one task, or one line is several, the number of tasks.</param>
/// <param name="Questions">What the files answer.</param>
/// <param name="MaxAnswers">The most answers to one task.</param>
/// <param name="BadLineCount">Lines that hold no judgment.</param>
/// <param name="BadLines">The first of them.</param>
public sealed record JudgmentSurvey(
    string Sha256, int Lines, IReadOnlyList<Question> Questions, int MaxAnswers, int BadLineCount, IReadOnlyList<BadLine> BadLines);

/// <summary>A file of judgments in any format (<see cref="ImportFormats"/>), or all .jsonl and .jsonl.gz files of a folder.</summary>
public sealed class JudgmentFiles
{
    private const int MaxBadLinesKept = 100;

    /// <summary>Part of the hash of content: a line that is read otherwise than before is other content.</summary>
    private static readonly byte[] s_reading = "judgments 1\n"u8.ToArray();

    private readonly string _path;

    private JudgmentFiles(string path, IReadOnlyList<string> files) => (_path, Files) = (path, files);

    /// <summary>The files in the order of their names.</summary>
    public IReadOnlyList<string> Files { get; }

    /// <exception cref="UserError">No such file or folder, or a folder without a file to read.</exception>
    public static JudgmentFiles Open(string path)
    {
        if (!Directory.Exists(path))
        {
            if (!File.Exists(path))
                throw new UserError($"{path}: no such file or folder; expected preferences or rankings (.jsonl or .jsonl.gz)");
            RegularFile.Check(path);
            return new JudgmentFiles(path, [path]);
        }
        string[] files = [.. Directory.GetFiles(path)
            .Where(f => f.EndsWith(".jsonl", StringComparison.Ordinal) || f.EndsWith(".jsonl.gz", StringComparison.Ordinal))
            .Order(StringComparer.Ordinal)];
        return files.Length > 0
            ? new JudgmentFiles(path, files)
            : throw new UserError($"{path}: no .jsonl or .jsonl.gz file in this folder");
    }

    /// <summary>Reads everything once and keeps nothing: what there is, and whether it is good enough to be imported.</summary>
    /// <param name="maxBadShare">The share of lines that may be bad.</param>
    /// <exception cref="UserError">A file cannot be read to its end, there is no judgment, or too many lines are bad.</exception>
    public JudgmentSurvey Survey(double maxBadShare)
    {
        var bad = new List<BadLine>();
        int lines = 0, badCount = 0;
        var asked = new AskedQuestions();
        using var content = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var (task, fault) in Read(content, asked.Formats))
        {
            lines++;
            if (task is not null)
                asked.Add(task);
            if (fault is null)
                continue;
            badCount++;
            if (bad.Count < MaxBadLinesKept)
                bad.Add(fault);
        }
        if (badCount > maxBadShare * lines || badCount == lines)
        {
            throw new UserError(lines == 0
                ? $"{_path}: no line in it; expected preferences or rankings, one JSON object per line"
                : $"{_path}: {badCount} of {lines} lines hold no preference, more than the share of {maxBadShare:0.###} "
                + $"that may be left out (maxBadShare); nothing was imported. The first: {bad[0]}");
        }
        return new JudgmentSurvey(Sha256(content), lines, asked.Questions, asked.MaxAnswers, badCount, bad);
    }

    /// <summary>Each task, or why a line has none.</summary>
    /// <param name="content">Takes in what is read; <see cref="Sha256"/> names it afterwards.</param>
    /// <param name="formats">Gets the format of each file.</param>
    public IEnumerable<(ImportedTask? Task, BadLine? Bad)> Read(IncrementalHash content, ICollection<ImportFormat>? formats = null)
    {
        content.AppendData(s_reading);
        foreach (string path in Files)
        {
            var file = SourceFile.Open(path);
            var format = Recognize(file);
            formats?.Add(format);
            foreach (var read in format.Read(Hashed(file.Read(), content)))
                yield return (read.Task, read.Fault is null ? null : new BadLine(path, read.Line, read.Fault));
        }
    }

    public static string Sha256(IncrementalHash content) => Convert.ToHexStringLower(content.GetHashAndReset());

    private static IEnumerable<SourceRow> Hashed(IEnumerable<SourceRow> rows, IncrementalHash content)
    {
        foreach (var row in rows)
        {
            content.AppendData(row.Json.Span);
            content.AppendData("\n"u8);
            yield return row;
        }
    }

    /// <summary>By the first row that is an object; preferences where none is known, so that each line says what it lacks.</summary>
    private static ImportFormat Recognize(SourceFile file)
    {
        foreach (var row in file.Read().Where(row => row.Fault is null))
        {
            try
            {
                return JsonRow.Parse(row.Json, ImportFormats.Recognize) ?? PreferenceFormat.Format;
            }
            catch (UserError)
            {
                // The next line may be an object.
            }
        }
        return PreferenceFormat.Format;
    }
}

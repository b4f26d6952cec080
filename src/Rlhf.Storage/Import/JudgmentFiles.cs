using System.Security.Cryptography;
using Rlhf.Core;
using Rlhf.Core.Files;

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
/// <param name="Lines">Lines that are not blank.</param>
/// <param name="MaxStrength">The greatest strength of a preference; 0 where none is given.</param>
/// <param name="BadLineCount">Lines that hold no judgment.</param>
/// <param name="BadLines">The first of them.</param>
public sealed record JudgmentSurvey(string Sha256, int Lines, double MaxStrength, int BadLineCount, IReadOnlyList<BadLine> BadLines);

/// <summary>A .jsonl or .jsonl.gz file of judgments, or all of those in a folder, read line by line.</summary>
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
        double strength = 0;
        using var content = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var line in Read(content))
        {
            lines++;
            strength = Math.Max(strength, line.Judgment?.Strength ?? 0);
            if (line.Bad is null)
                continue;
            badCount++;
            if (bad.Count < MaxBadLinesKept)
                bad.Add(line.Bad);
        }
        if (badCount > maxBadShare * lines || badCount == lines)
        {
            throw new UserError(lines == 0
                ? $"{_path}: no line in it; expected preferences or rankings, one JSON object per line"
                : $"{_path}: {badCount} of {lines} lines hold no preference, more than the share of {maxBadShare:0.###} "
                + $"that may be left out (maxBadShare); nothing was imported. The first: {bad[0]}");
        }
        return new JudgmentSurvey(Sha256(content), lines, strength, badCount, bad);
    }

    /// <summary>Each line that is not blank: its judgment, or why it has none.</summary>
    /// <param name="content">Takes in what is read; <see cref="Sha256"/> names it afterwards.</param>
    public IEnumerable<(ImportedJudgment? Judgment, BadLine? Bad)> Read(IncrementalHash content)
    {
        content.AppendData(s_reading);
        foreach (string file in Files)
        {
            foreach (var line in TextLines.Read(file))
            {
                if (line.IsBlank)
                    continue;
                content.AppendData(line.Utf8.Span);
                content.AppendData("\n"u8);
                var (judgment, fault) = line.Fault is null ? Parse(line.Utf8) : (null, line.Fault);
                yield return (judgment, fault is null ? null : new BadLine(file, line.Number, fault));
            }
        }
    }

    public static string Sha256(IncrementalHash content) => Convert.ToHexStringLower(content.GetHashAndReset());

    private static (ImportedJudgment? Judgment, string? Fault) Parse(ReadOnlyMemory<byte> line)
    {
        try
        {
            return (JudgmentLine.Parse(line), null);
        }
        catch (UserError error)
        {
            return (null, error.Message);
        }
    }
}

using System.Text;
using Rlhf.Core;
using Rlhf.Core.Files;

namespace Rlhf.LabelingUi.Features.Runs.Details;

/// <summary>The last lines of a log.</summary>
/// <param name="Cut">Whether there is more before them.</param>
public sealed record LogTail(string Text, bool Cut)
{
    private const int MaxBytes = 32 * 1024;
    private const int MaxLines = 200;

    /// <summary>Null where there is no such file, or nothing in it.</summary>
    public static async Task<LogTail?> ReadAsync(string path, CancellationToken cancellation)
    {
        try
        {
            RegularFile.Check(path);
            // The run's process may be writing it.
            await using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            bool cut = file.Length > MaxBytes;
            if (cut)
                file.Seek(-MaxBytes, SeekOrigin.End);
            byte[] bytes = new byte[MaxBytes];
            int count = await file.ReadAtLeastAsync(bytes, MaxBytes, throwOnEndOfStream: false, cancellation);
            string[] lines = Encoding.UTF8.GetString(bytes, 0, count).ReplaceLineEndings("\n").TrimEnd('\n').Split('\n');
            int skip = Math.Max(lines.Length - MaxLines, cut ? 1 : 0);
            string text = string.Join('\n', lines.Skip(skip).Select(Printable));
            return text.Length == 0 ? null : new LogTail(text, skip > 0);
        }
        catch (Exception e) when (e is UserError or IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>Colors and other commands to a terminal are no text.</summary>
    private static string Printable(string line) => new([.. line.Select(c => char.IsControl(c) && c != '\t' ? '·' : c)]);
}

namespace Rlhf.Models.Checkpoints;

/// <summary>Texts of a file as they may stand in a message: short, and on one line.</summary>
internal static class DisplayText
{
    private const int MaxLength = 80;

    public static string Text(string text, int maxLength = MaxLength)
    {
        string line = text.Length > maxLength ? text[..maxLength] + "…" : text;
        return string.Create(line.Length, line, (into, from) =>
        {
            for (int i = 0; i < into.Length; i++)
                into[i] = char.IsControl(from[i]) || char.IsSurrogate(from[i]) || from[i] is '\u2028' or '\u2029' ? '?' : from[i];
        });
    }
}

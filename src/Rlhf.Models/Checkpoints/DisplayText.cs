namespace Rlhf.Models.Checkpoints;

/// <summary>Shortens text from a file to one line for an error message.</summary>
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

using System.Text;

namespace Rlhf.Definitions;

/// <summary>Foreign text inside a message: on one line, and short.</summary>
public static class OneLine
{
    public static string Quote(string text, int length = 60)
    {
        var quoted = new StringBuilder();
        foreach (var rune in text.EnumerateRunes())
        {
            if (quoted.Length >= length)
                return quoted.Append('…').ToString();
            bool shown = !Rune.IsControl(rune) && rune.Value is not (0x2028 or 0x2029);
            quoted.Append(shown ? rune.ToString() : " ");
        }
        return quoted.ToString();
    }
}

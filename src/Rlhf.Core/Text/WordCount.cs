using System.Text;

namespace Rlhf.Core.Text;

/// <summary>About how many words a text has, for times of reading; as the labeling page counts them.</summary>
public static class WordCount
{
    /// <summary>Where words are not separated (Chinese, Japanese), so many characters make one.</summary>
    private const double CharactersOfWord = 1.7;

    public static int Of(string text)
    {
        int words = 0, joined = 0;
        bool inside = false;
        foreach (var rune in text.EnumerateRunes())
        {
            bool own = IsJoined(rune.Value);
            joined += own ? 1 : 0;
            bool word = !own && !Rune.IsWhiteSpace(rune);
            words += word && !inside ? 1 : 0;
            inside = word;
        }
        return words + (int)Math.Round(joined / CharactersOfWord, MidpointRounding.AwayFromZero);
    }

    private static bool IsJoined(int rune) => rune is >= 0x3040 and <= 0x30ff or >= 0x3400 and <= 0x9fff or >= 0xf900 and <= 0xfaff;
}

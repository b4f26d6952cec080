using System.Text.RegularExpressions;

namespace Rlhf.Simulation.Reviews;

/// <summary>Templates with slots in braces.</summary>
internal static partial class Slots
{
    /// <summary>
    /// Replaces each slot, from left to right, and begins the sentence with a capital where the template does or a slot stands first.
    /// </summary>
    public static string Fill(string template, Func<string, string> value, bool capital = true)
    {
        string text = Slot().Replace(template, match => value(match.Groups[1].Value)).Trim();
        return capital && template[0] == '{' ? char.ToUpperInvariant(text[0]) + text[1..] : text;
    }

    /// <summary>What stands between the slots.</summary>
    public static string[] FixedParts(string template) => Regex.Split(template, @"\{[a-z]+\}");

    [GeneratedRegex(@"\{([a-z]+)\}")]
    private static partial Regex Slot();
}

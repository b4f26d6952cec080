using System.Text.RegularExpressions;
using Rlhf.Core;

namespace Rlhf.Simulation.Reviews;

/// <summary>What a review is asked for: a kind of place, its name and the two things that it is known for.</summary>
public sealed partial record ReviewPrompt(PlaceKind Kind, string Name, Aspect First, Aspect Second)
{
    /// <summary>The prompt as text; a completion begins with a blank.</summary>
    public string Text => $"Review of the {Kind.Noun} \"{Name}\", known for its {First.Noun} and its {Second.Noun}:";

    /// <summary>Reads a prompt back; <see cref="UserError"/> where it has another form.</summary>
    public static ReviewPrompt Parse(string text)
    {
        var match = Form().Match(text);
        if (match.Success
            && Places.Kinds.FirstOrDefault(kind => kind.Noun == match.Groups["kind"].Value) is { } kind
            && Places.Aspects.TryGetValue(match.Groups["first"].Value, out var first)
            && Places.Aspects.TryGetValue(match.Groups["second"].Value, out var second))
        {
            return new(kind, match.Groups["name"].Value, first, second);
        }
        string shown = text.Length > 80 ? text[..80] + "…" : text;
        throw new UserError($"not a prompt of the bundled reviews: '{shown}'; one looks like '{Example}'");
    }

    private static string Example =>
        new ReviewPrompt(Places.Kinds[0], "Copper Kettle", Places.Aspects["bread"], Places.Aspects["terrace"]).Text;

    [GeneratedRegex("""^\s*Review of the (?<kind>[a-z]+) "(?<name>[A-Z][a-z]+ [A-Z][a-z]+)", known for its (?<first>[a-z]+) and its (?<second>[a-z]+):\s*$""")]
    private static partial Regex Form();
}

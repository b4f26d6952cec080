using System.Text.Json;
using Rlhf.Core;

namespace Rlhf.Storage.Import;

/// <summary>One preference: a prompt, the completion that was chosen, the one that was rejected.</summary>
public sealed record PreferencePair(string Prompt, string Chosen, string Rejected);

/// <summary>Reads a line of a preference file.</summary>
public static class PreferenceLine
{
    private const string Turn = "\n\nAssistant:";

    /// <summary>
    /// {"prompt", "chosen", "rejected"}, or {"chosen", "rejected"} that begin alike: Anthropic's (the prompt ends with the last
    /// common "\n\nAssistant:") or TRL's implicit prompt (it ends where the two differ).
    /// </summary>
    /// <exception cref="UserError">Not such a line, told without its number.</exception>
    public static PreferencePair Parse(ReadOnlyMemory<byte> line)
    {
        try
        {
            using var document = JsonDocument.Parse(line);
            if (document.RootElement.ValueKind != JsonValueKind.Object)
                throw new UserError("expected an object with 'chosen' and 'rejected'");
            string chosen = Text(document.RootElement, "chosen"), rejected = Text(document.RootElement, "rejected");
            var pair = document.RootElement.TryGetProperty("prompt", out _)
                ? new PreferencePair(Text(document.RootElement, "prompt"), chosen, rejected)
                : Split(chosen, rejected);
            return pair.Chosen != pair.Rejected ? pair : throw new UserError("'chosen' and 'rejected' are the same: no preference");
        }
        catch (JsonException exception)
        {
            throw new UserError("not valid JSON", exception);
        }
        catch (InvalidOperationException exception)
        {
            throw new UserError("a text with broken Unicode", exception);
        }
    }

    /// <summary>Cuts the common beginning off two whole texts.</summary>
    public static PreferencePair Split(string chosen, string rejected)
    {
        int common = chosen.AsSpan().CommonPrefixLength(rejected);
        int turn = chosen.AsSpan(0, common).LastIndexOf(Turn);
        int cut = turn >= 0 ? turn + Turn.Length : ImplicitPrompt(chosen, rejected, common);
        return new PreferencePair(chosen[..cut], chosen[cut..], rejected[cut..]);
    }

    /// <summary>As TRL's extract_prompt: up to the first difference, a blank before it goes to the completions, and neither of them is cut to nothing.</summary>
    private static int ImplicitPrompt(string chosen, string rejected, int common)
    {
        int shorter = Math.Min(chosen.Length, rejected.Length);
        int cut = common == shorter ? Math.Max(0, shorter - 1) : common;
        // Not between the halves of a surrogate pair.
        if (cut > 0 && cut < chosen.Length && char.IsLowSurrogate(chosen[cut]) && char.IsHighSurrogate(chosen[cut - 1]))
            cut--;
        if (cut > 0 && common < shorter && chosen[cut - 1] == ' ')
            cut--;
        return cut;
    }

    private static string Text(JsonElement row, string name) =>
        row.TryGetProperty(name, out var value)
            ? value.ValueKind == JsonValueKind.String ? value.GetString()! : throw new UserError($"'{name}' must be a text")
            : throw new UserError($"no '{name}'");
}

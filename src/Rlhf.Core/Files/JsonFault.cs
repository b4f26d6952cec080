using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace Rlhf.Core.Files;

/// <summary>Describes JSON errors to a user, without the names of .NET types.</summary>
public static partial class JsonFault
{
    public static string Describe(JsonException exception)
    {
        string message = exception.Message.ReplaceLineEndings(" ");
        if (Missing().Match(message) is { Success: true } missing)
            return $"{missing.Groups["names"].Value} is missing";
        if (message.Contains("could not be converted", StringComparison.Ordinal)
            || message.Contains("doesn't allow null", StringComparison.Ordinal))
            return exception.Path is { Length: > 2 } path
                ? $"'{path[2..]}' has a value of the wrong kind" : "the value is of the wrong kind";
        string position = exception.BytePositionInLine is { } at
            ? string.Create(CultureInfo.InvariantCulture, $" at position {at + 1}") : "";
        return $"not JSON{position}: {Position().Replace(message, "").TrimEnd(' ', '.')}";
    }

    [GeneratedRegex(@"was missing required properties including: (?<names>'[^.]*')")]
    private static partial Regex Missing();

    [GeneratedRegex(@"( Path: [^|]*\|)? LineNumber: [0-9]+ \| BytePositionInLine: [0-9]+\.?$")]
    private static partial Regex Position();
}

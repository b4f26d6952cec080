using System.Globalization;
using Microsoft.AspNetCore.Http;

namespace Rlhf.LabelingUi.Shell.Requests;

/// <summary>
/// Reads values of a query that are not texts. The web framework's own binding refuses without saying what is wrong.
/// </summary>
internal static class QueryValues
{
    private const int MaxShown = 60;

    /// <exception cref="BadHttpRequestException">No whole number, or outside of the range; the answer is a 400 that says so.</exception>
    public static long? Number(HttpContext context, string name, long least, long most)
    {
        if (Text(context, name) is not { } text)
            return null;
        string range = most == long.MaxValue ? $"of {least} or more" : $"from {least} to {most}";
        return long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long number)
            && number >= least && number <= most
            ? number
            : throw Refusal(name, $"a whole number {range}", text);
    }

    /// <exception cref="BadHttpRequestException">Neither true nor false.</exception>
    public static bool Flag(HttpContext context, string name) =>
        Text(context, name) is { } text
        && (bool.TryParse(text, out bool flag) ? flag : throw Refusal(name, "true or false", text));

    /// <exception cref="BadHttpRequestException">No id.</exception>
    public static Guid? Id(HttpContext context, string name) =>
        Text(context, name) is not { } text ? null
        : Guid.TryParse(text, out var id) ? id
        : throw Refusal(name, "an id such as 019b0c5e-7f3a-7c1d-8e2b-1f2a3b4c5d6e", text);

    private static string? Text(HttpContext context, string name) =>
        (string?)context.Request.Query[name] is { Length: > 0 } text ? text : null;

    private static BadHttpRequestException Refusal(string name, string expected, string given) =>
        new($"{name} must be {expected}; got '{(given.Length > MaxShown ? given[..MaxShown] + "…" : given)}'");
}

using System.Globalization;
using Microsoft.AspNetCore.Http;
using Rlhf.Core;

namespace Rlhf.LabelingUi.Features.Projects.Forms;

/// <summary>
/// The values of a form that was posted to a page; a value that does not fit is refused under the name of its field. Without a posted
/// form the values are what the page sets first.
/// </summary>
/// <param name="form">The posted form; null before.</param>
public sealed class FormValues(IFormCollection? form)
{
    private const int MaxShown = 60;

    private const string Settings = "settings.";

    public static FormValues Of(HttpContext context) =>
        new(HttpMethods.IsPost(context.Request.Method) && context.Request.HasFormContentType ? context.Request.Form : null);

    public bool IsPosted => form is not null;

    /// <summary>What stands in a field, to show it again; the usual value before anything was posted.</summary>
    public string Shown(string field, string? usual) => form is null ? usual ?? "" : form[field].ToString();

    /// <summary>Whether a box is checked.</summary>
    public bool IsChecked(string field, bool usual = false) => form is null ? usual : form[field].Count > 0;

    /// <summary>Whether a choice is made, of a group of boxes or options.</summary>
    public bool IsChosen(string field, string value, bool usual = false) => form is null ? usual : form[field].Contains(value);

    /// <summary>The text without white space around it; null where there is none.</summary>
    public string? Text(string field) => form?[field].ToString().ReplaceLineEndings("\n").Trim() is { Length: > 0 } text ? text : null;

    /// <exception cref="UserError">Nothing stands there.</exception>
    public string Required(string field, string what) => Text(field) ?? throw new UserError($"{what}: write something") { Field = field };

    /// <summary>A number; null where nothing stands there.</summary>
    /// <exception cref="UserError">It is no number.</exception>
    public double? Number(string field, string what)
    {
        if (Text(field) is not { } text)
            return null;
        return double.TryParse(text.Replace(',', '.'), NumberStyles.Float, CultureInfo.InvariantCulture, out double number)
            && double.IsFinite(number)
            ? number : throw new UserError($"{what} must be a number; got '{Beginning(text)}'") { Field = field };
    }

    /// <summary>A whole number; null where nothing stands there.</summary>
    /// <exception cref="UserError">It is none, or outside of the range.</exception>
    public int? Whole(string field, string what, int least, int most)
    {
        if (Text(field) is not { } text)
            return null;
        return int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int number) && number >= least
            && number <= most
            ? number
            : throw new UserError($"{what} must be a whole number from {least} to {most}; got '{Beginning(text)}'") { Field = field };
    }

    /// <summary>The values of a field that may have several.</summary>
    public IReadOnlyList<string> All(string field) => form is null ? [] : [.. form[field].OfType<string>().Where(v => v.Length > 0)];

    /// <summary>Whether an error is about a field; settings are named as the API names them.</summary>
    public static bool IsField(UserError error, string field) => error.Field is { } path
        && (path.StartsWith(Settings, StringComparison.Ordinal) ? path[Settings.Length..] : path)
            .Equals(field, StringComparison.OrdinalIgnoreCase);

    private static string Beginning(string given) => given.Length > MaxShown ? given[..MaxShown] + "…" : given;
}

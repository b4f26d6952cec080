using System.Globalization;
using System.Resources;
using Rlhf.Core.Text;

namespace Rlhf.LabelingUi.Shell.Texts;

/// <summary>
/// Numbers, sizes and times as people read them in the language of the page. What programs read (inputs, attributes, files, the API) is
/// written invariantly, so no culture of .NET is ever in force: <see cref="CultureInfo.CurrentCulture"/> is the invariant one.
/// </summary>
public static class Localized
{
    private const char NoBreak = '\u00a0', Minus = '\u2212';

    private static readonly ResourceManager Texts = new(typeof(UnitTexts));

    static Localized() => Languages.FindTexts();

    /// <summary>"38.2 s", "4 min 12 s", "1 h 05 min".</summary>
    public static string Duration(double seconds)
    {
        string[] parts = Separate(Units.Duration(seconds)).Split(' ');
        return string.Join(' ', parts.Select(part => part.Split(NoBreak) is [var number, var unit]
            ? number + NoBreak + Text(unit switch { "s" => "Second", "min" => "Minute", _ => "Hour" })
            : part));
    }

    /// <summary>"1.93 GB".</summary>
    public static string Bytes(long bytes) => Separate(Units.Bytes(bytes));

    /// <summary>Three to four significant digits.</summary>
    public static string Number(double? value) => Separate(Units.Number(value));

    /// <summary>A whole number with its thousands apart.</summary>
    public static string Count(long value) =>
        Separate(value.ToString("#,0", CultureInfo.InvariantCulture).Replace('-', Minus));

    /// <summary>A number with so many digits after the point.</summary>
    public static string Fixed(double value, int digits) => double.IsFinite(value)
        ? Separate(value.ToString("F" + digits, CultureInfo.InvariantCulture).Replace('-', Minus))
        : Units.None;

    /// <summary>"71.3 %" of a share of 0.713.</summary>
    public static string Percent(double share) => double.IsFinite(share)
        ? Fill("Percent", Fixed(100 * share, 1))
        : Units.None;

    /// <summary>"just now", "12 min ago", "3 h ago", "5 days ago".</summary>
    public static string Ago(TimeSpan age) => age.TotalMinutes switch
    {
        < 1 => Text("Now"),
        < 60 => Ago("MinutesAgo", age.TotalMinutes),
        < 24 * 60 => Ago("HoursAgo", age.TotalHours),
        < 48 * 60 => Text("DayAgo"),
        _ => Ago("DaysAgo", age.TotalDays),
    };

    /// <summary>"2026-11-24 09:30 UTC".</summary>
    public static string Time(DateTimeOffset time) => time.UtcDateTime.ToString(Text("Time"), CultureInfo.InvariantCulture);

    private static string Ago(string text, double number) => Fill(text, Count((long)Math.Floor(number)));

    private static string Fill(string text, string number) => Text(text).Replace("{0}", number, StringComparison.Ordinal);

    /// <summary>The point and the thousands separator of the language in a number that is written invariantly.</summary>
    private static string Separate(string number) => string.Concat(number.Select(c => c switch
    {
        '.' => Text("Decimal"),
        ',' => Text("Group"),
        _ => c.ToString(),
    }));

    private static string Text(string name) => Texts.GetString(name, CultureInfo.CurrentUICulture)!;
}

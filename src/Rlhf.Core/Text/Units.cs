using System.Globalization;

namespace Rlhf.Core.Text;

/// <summary>Formats durations, sizes and times for people, with a no-break space between number and unit.</summary>
public static class Units
{
    /// <summary>Shown where a value is missing or not a finite number.</summary>
    public const string None = "–";

    private const char NoBreak = '\u00a0';

    /// <summary>"38.2 s", "4 min 12 s", "1 h 05 min".</summary>
    public static string Duration(double seconds)
    {
        if (!double.IsFinite(seconds) || seconds < 0)
            return None;
        if (seconds < 59.95)
            return string.Create(CultureInfo.InvariantCulture, $"{seconds:0.0}{NoBreak}s");
        double whole = Math.Round(seconds);
        return whole < 3600
            ? string.Create(CultureInfo.InvariantCulture, $"{Math.Floor(whole / 60)}{NoBreak}min {whole % 60:00}{NoBreak}s")
            : string.Create(CultureInfo.InvariantCulture,
                $"{Math.Floor(whole / 3600)}{NoBreak}h {Math.Floor(whole % 3600 / 60):00}{NoBreak}min");
    }

    /// <summary>Decimal units: 1 GB = 10⁹ bytes.</summary>
    public static string Bytes(long bytes) => bytes switch
    {
        <= 0 => None,
        >= 1_000_000_000 => string.Create(CultureInfo.InvariantCulture, $"{bytes / 1e9:0.00}{NoBreak}GB"),
        >= 1_000_000 => string.Create(CultureInfo.InvariantCulture, $"{bytes / 1e6:0}{NoBreak}MB"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{bytes / 1e3:0}{NoBreak}kB"),
    };

    /// <summary>
    /// Three to four significant digits with a typographic minus sign; scientific notation below 0.001 and from a million on.
    /// </summary>
    public static string Number(double? value)
    {
        if (value is not { } v || !double.IsFinite(v))
            return None;
        double size = Math.Abs(v);
        string text = size switch
        {
            0 => "0",
            >= 1e6 => v.ToString("0.00e0", CultureInfo.InvariantCulture),
            >= 1000 => v.ToString("#,0", CultureInfo.InvariantCulture),
            >= 100 => v.ToString("0.0", CultureInfo.InvariantCulture),
            >= 10 => v.ToString("0.00", CultureInfo.InvariantCulture),
            >= 0.1 => v.ToString("0.000", CultureInfo.InvariantCulture),
            >= 0.001 => v.ToString("0.0000", CultureInfo.InvariantCulture),
            _ => v.ToString("0.00e0", CultureInfo.InvariantCulture),
        };
        return text.Replace('-', '\u2212');
    }

    /// <summary>"just now", "12 min ago", "3 h ago", "5 days ago".</summary>
    public static string Ago(TimeSpan age) => age.TotalMinutes switch
    {
        < 1 => "just now",
        < 60 => string.Create(CultureInfo.InvariantCulture, $"{Math.Floor(age.TotalMinutes)}{NoBreak}min ago"),
        < 24 * 60 => string.Create(CultureInfo.InvariantCulture, $"{Math.Floor(age.TotalHours)}{NoBreak}h ago"),
        < 48 * 60 => $"1{NoBreak}day ago",
        _ => string.Create(CultureInfo.InvariantCulture, $"{Math.Floor(age.TotalDays):#,0}{NoBreak}days ago"),
    };

    /// <summary>"2026-11-24 09:30 UTC".</summary>
    public static string Time(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture) + " UTC";
}

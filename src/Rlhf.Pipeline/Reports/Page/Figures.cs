using System.Globalization;
using Rlhf.Core.Text;

namespace Rlhf.Pipeline.Reports.Page;

/// <summary>How the report writes numbers: with their units, a real minus sign, and no break between the two.</summary>
internal static class Figures
{
    /// <summary>Shown where a value is missing or not a number.</summary>
    public const string None = "–";

    private const char NoBreak = '\u00a0';

    /// <summary>Three to four significant digits; powers of ten below 0.001.</summary>
    public static string Number(double? value) => Units.Number(value);

    /// <summary>At most three decimals and no zeros at the end: ticks, lengths.</summary>
    public static string Short(double value, int decimals = 3) =>
        double.IsFinite(value)
            ? value.ToString("#,0." + new string('#', decimals), CultureInfo.InvariantCulture).Replace('-', '\u2212')
            : None;

    /// <summary>One decimal.</summary>
    public static string One(double value) => double.IsFinite(value)
        ? value.ToString("#,0.0", CultureInfo.InvariantCulture).Replace('-', '\u2212')
        : None;

    /// <summary>Two decimals: for scores that stand side by side.</summary>
    public static string Score(double? value) =>
        value is { } v && double.IsFinite(v) ? v.ToString("0.00", CultureInfo.InvariantCulture).Replace('-', '\u2212') : None;

    /// <summary>Three decimals: for ratios far below 1 that stand side by side.</summary>
    public static string Ratio(double value) => double.IsFinite(value) ? value.ToString("0.000", CultureInfo.InvariantCulture) : None;

    /// <summary>0.8617 → "86.2 %".</summary>
    public static string Percent(double? share, int decimals = 1) => share is { } s && double.IsFinite(s)
        ? Plain(s, decimals) + NoBreak + "%"
        : None;

    /// <summary>"86 % [83, 89]".</summary>
    public static string Percent(Estimate estimate, int decimals) =>
        $"{Percent(estimate.Value, decimals)} {PercentInterval(estimate, decimals)}";

    /// <summary>"[83, 89]", in percent.</summary>
    public static string PercentInterval(Estimate estimate, int decimals = 1) =>
        $"[{Plain(estimate.Low, decimals)},{NoBreak}{Plain(estimate.High, decimals)}]";

    /// <summary>"[11.6, 12.4]".</summary>
    public static string Interval(Estimate estimate) => $"[{Score(estimate.Low)},{NoBreak}{Score(estimate.High)}]";

    public static string Count(long value) => value.ToString("#,0", CultureInfo.InvariantCulture);

    private static string Plain(double share, int decimals) =>
        double.IsFinite(share) ? (share * 100).ToString("F" + decimals, CultureInfo.InvariantCulture).Replace('-', '\u2212') : None;
}

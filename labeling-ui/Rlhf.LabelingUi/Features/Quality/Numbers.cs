using System.Globalization;
using Rlhf.Core.Text;

namespace Rlhf.LabelingUi.Features.Quality;

/// <summary>Numbers of the quality page.</summary>
internal static class Numbers
{
    public static string Write(double? value, bool percent = false, bool whole = false)
    {
        if (value is not { } v || !double.IsFinite(v))
            return Units.None;
        string text = percent ? v.ToString("0.0 %", CultureInfo.InvariantCulture).Replace(" ", "\u00a0", StringComparison.Ordinal)
            : v.ToString(whole ? "0" : "0.000", CultureInfo.InvariantCulture);
        return text.Replace('-', '\u2212');
    }
}

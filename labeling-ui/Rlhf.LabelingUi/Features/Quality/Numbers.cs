using Rlhf.Core.Text;
using Rlhf.LabelingUi.Shell.Texts;

namespace Rlhf.LabelingUi.Features.Quality;

/// <summary>Numbers of the quality page.</summary>
internal static class Numbers
{
    public static string Write(double? value, bool percent = false, bool whole = false)
    {
        if (value is not { } v || !double.IsFinite(v))
            return Units.None;
        return percent ? Localized.Percent(v) : Localized.Fixed(v, whole ? 0 : 3);
    }
}

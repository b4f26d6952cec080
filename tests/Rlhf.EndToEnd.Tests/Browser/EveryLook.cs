using Microsoft.Playwright;

namespace Rlhf.EndToEnd.Tests.Browser;

/// <summary>In what every page is looked at: both colors, a wide window and a phone.</summary>
public sealed class EveryLook : TheoryData<ColorScheme, int>
{
    public EveryLook()
    {
        foreach (int width in (int[])[1280, 360])
        {
            Add(ColorScheme.Light, width);
            Add(ColorScheme.Dark, width);
        }
    }
}

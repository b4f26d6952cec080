using System.Globalization;
using Rlhf.LabelingUi.Shell.Texts;

namespace Rlhf.LabelingUi.Tests.Texts;

/// <summary>Numbers and times as people of each language read them.</summary>
public sealed class LocalizedTests : IDisposable
{
    private readonly CultureInfo _before = CultureInfo.CurrentUICulture;

    [Theory]
    [InlineData("en", "38.2_s", "4_min 12_s", "1_h 05_min")]
    [InlineData("de", "38,2_s", "4_min 12_s", "1_h 05_min")]
    [InlineData("zh-Hans", "38.2_秒", "4_分 12_秒", "1_小时 05_分")]
    public void Durations(string language, string seconds, string minutes, string hours)
    {
        CultureInfo.CurrentUICulture = new CultureInfo(language);
        Assert.Equal([seconds, minutes, hours], new[] { 38.21, 252, 3900 }.Select(s => Shown(Localized.Duration(s))));
        Assert.Equal("–", Localized.Duration(double.NaN));
    }

    [Theory]
    [InlineData("en", "1,234,567", "0.713", "−1.00e7", "1.93_GB", "71.3_%", "0.50")]
    [InlineData("de", "1.234.567", "0,713", "−1,00e7", "1,93_GB", "71,3_%", "0,50")]
    [InlineData("zh-Hans", "1,234,567", "0.713", "−1.00e7", "1.93_GB", "71.3%", "0.50")]
    public void Numbers(string language, string count, string number, string large, string bytes, string percent, string fixedNumber)
    {
        CultureInfo.CurrentUICulture = new CultureInfo(language);
        Assert.Equal([count, number, large, bytes, percent, fixedNumber], new[]
        {
            Localized.Count(1_234_567), Localized.Number(0.7128), Localized.Number(-1e7), Localized.Bytes(1_930_000_000),
            Localized.Percent(0.7128), Localized.Fixed(0.5, 2),
        }.Select(Shown));
        Assert.All(
            new[] { Localized.Number(null), Localized.Percent(double.NaN), Localized.Fixed(double.NaN, 2) },
            text => Assert.Equal("–", text));
    }

    [Theory]
    [InlineData("en", "2026-11-24 09:30 UTC", "just now", "12_min ago", "3_h ago", "1_day ago", "1,200_days ago")]
    [InlineData("de", "24.11.2026 09:30 UTC", "gerade eben", "vor 12_min", "vor 3_h", "vor 1_Tag", "vor 1.200_Tagen")]
    [InlineData("zh-Hans", "2026年11月24日 09:30 UTC", "刚刚", "12_分钟前", "3_小时前", "1_天前", "1,200_天前")]
    public void Times(string language, string time, params string[] ago)
    {
        CultureInfo.CurrentUICulture = new CultureInfo(language);
        Assert.Equal(time, Localized.Time(new DateTimeOffset(2026, 11, 24, 10, 30, 0, TimeSpan.FromHours(1))));
        double[] minutes = [0.9, 12.9, 3.9 * 60, 47 * 60, 1200.5 * 24 * 60];
        Assert.Equal(ago, minutes.Select(m => Shown(Localized.Ago(TimeSpan.FromMinutes(m)))));
    }

    public void Dispose() => CultureInfo.CurrentUICulture = _before;

    private static string Shown(string text) => text.Replace('\u00a0', '_');
}

using Rlhf.Core.Text;

namespace Rlhf.Core.Tests.Text;

public sealed class UnitsTests
{
    [Theory]
    [InlineData(0, "0.0 s")]
    [InlineData(38.24, "38.2 s")]
    [InlineData(59.94, "59.9 s")]
    [InlineData(59.96, "1 min 00 s")]
    [InlineData(252, "4 min 12 s")]
    [InlineData(3599.4, "59 min 59 s")]
    [InlineData(3599.6, "1 h 00 min")]
    [InlineData(100_000, "27 h 46 min")]
    [InlineData(-1, "–")]
    [InlineData(double.NaN, "–")]
    public void Durations(double seconds, string expected) => Assert.Equal(expected, Units.Duration(seconds).Replace('\u00a0', ' '));

    [Theory]
    [InlineData(0, "–")]
    [InlineData(1_500, "2 kB")]
    [InlineData(612_000_000, "612 MB")]
    [InlineData(1_934_000_000, "1.93 GB")]
    public void Sizes(long bytes, string expected) => Assert.Equal(expected, Units.Bytes(bytes).Replace('\u00a0', ' '));

    [Theory]
    [InlineData(0, "0")]
    [InlineData(0.00012, "1.20e−4")]
    [InlineData(-0.7125, "−0.713")]
    [InlineData(12.345, "12.35")]
    [InlineData(9600, "9,600")]
    [InlineData(double.PositiveInfinity, "–")]
    public void Numbers_keep_three_or_four_digits(double value, string expected) => Assert.Equal(expected, Units.Number(value));

    [Theory]
    [InlineData(20, "just now")]
    [InlineData(60 * 59.9, "59 min ago")]
    [InlineData(3600 * 23.9, "23 h ago")]
    [InlineData(3600 * 47, "1 day ago")]
    [InlineData(86400 * 5.5, "5 days ago")]
    public void Ages(double seconds, string expected) =>
    Assert.Equal(expected, Units.Ago(TimeSpan.FromSeconds(seconds)).Replace('\u00a0', ' '));

    [Fact]
    public void Times_are_universal() =>
        Assert.Equal("2026-11-24 08:30 UTC", Units.Time(new DateTimeOffset(2026, 11, 24, 9, 30, 59, TimeSpan.FromHours(1))));
}

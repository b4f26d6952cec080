using Rlhf.Core.Text;

namespace Rlhf.Core.Tests.Text;

/// <summary>Examples of Unicode Standard Annex 15 (figures 3 to 6) and of the rules for Hangul, exclusions and blocked marks.</summary>
public sealed class UnicodeNormalizationTests
{
    [Theory]
    [InlineData("\u212B", "\u0041\u030A", "\u00C5", "\u0041\u030A", "\u00C5")]
    [InlineData("\u2126", "\u03A9", "\u03A9", "\u03A9", "\u03A9")]
    [InlineData("\u1E0B\u0323", "d\u0323\u0307", "\u1E0D\u0307", "d\u0323\u0307", "\u1E0D\u0307")]
    [InlineData("q\u0307\u0323", "q\u0323\u0307", "q\u0323\u0307", "q\u0323\u0307", "q\u0323\u0307")]
    [InlineData("\uFB01", "\uFB01", "\uFB01", "fi", "fi")]
    [InlineData("2\u2075", "2\u2075", "2\u2075", "25", "25")]
    [InlineData("\u1E9B\u0323", "\u017F\u0323\u0307", "\u1E9B\u0323", "s\u0323\u0307", "\u1E69")]
    [InlineData("\uAC01\uAC00", "\u1100\u1161\u11A8\u1100\u1161", "\uAC01\uAC00", "\u1100\u1161\u11A8\u1100\u1161", "\uAC01\uAC00")]
    [InlineData("\U0001D15E", "\U0001D157\U0001D165", "\U0001D157\U0001D165", "\U0001D157\U0001D165", "\U0001D157\U0001D165")]
    [InlineData("\u0301a", "\u0301a", "\u0301a", "\u0301a", "\u0301a")]
    [InlineData("a\u200D\u0301", "a\u200D\u0301", "a\u200D\u0301", "a\u200D\u0301", "a\u200D\u0301")]
    [InlineData("a\uDCE9\u0301", "a\uDCE9\u0301", "a\uDCE9\u0301", "a\uDCE9\u0301", "a\uDCE9\u0301")]
    public void Forms_are_those_of_the_standard(string text, string nfd, string nfc, string nfkd, string nfkc)
    {
        Assert.Equal(nfd, UnicodeNormalization.Decompose(text, compatibility: false));
        Assert.Equal(nfc, UnicodeNormalization.Compose(text, compatibility: false));
        Assert.Equal(nfkd, UnicodeNormalization.Decompose(text, compatibility: true));
        Assert.Equal(nfkc, UnicodeNormalization.Compose(text, compatibility: true));
    }
}

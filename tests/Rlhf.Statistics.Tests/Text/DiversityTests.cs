using Rlhf.Statistics.Text;

namespace Rlhf.Statistics.Tests.Text;

public sealed class DiversityTests
{
    [Fact]
    public void Distinct_n_counted_by_hand()
    {
        // "a b a b": bigrams ab, ba, ab; "b a": ba. Two different of four. Unigrams: a, b of six.
        string[] texts = ["A b, a b.", "b a"];
        Assert.Equal(0.5, Diversity.DistinctN(texts, 2));
        Assert.Equal(2.0 / 6, Diversity.DistinctN(texts, 1));
        Assert.Null(Diversity.DistinctN(texts, 5));
    }

    [Fact]
    public void Share_of_different_texts()
    {
        Assert.Equal(0.75, Diversity.DistinctShare(["x y", " x y ", "x z", "x Y"]));
        Assert.Null(Diversity.DistinctShare([]));
    }

    [Fact]
    public void Apostrophes_and_hyphens_stay_inside_words() =>
        Assert.Equal(["don't", "well-kept", "7"], Diversity.Words("Don't: well-kept - 7!"));
}

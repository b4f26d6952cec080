using System.Text.RegularExpressions;
using CsCheck;
using Rlhf.Simulation.Reviews;
using Rlhf.Statistics.Text;

namespace Rlhf.Simulation.Tests.Reviews;

public sealed partial class ReviewRewardTests
{
    private static readonly Document[] Corpus = [.. ReviewGrammar.Documents(11, 3000)];
    private static readonly double[] Scores = [.. Corpus.Select(Score)];
    private static readonly double CorpusMean = Scores.Average();

    /// <summary>Documents that a reader would call good.</summary>
    private static readonly Document[] Good = [.. Corpus.Zip(Scores).Where(pair => pair.Second > 11.5).Select(pair => pair.First)];

    private const string Prompt = "Review of the bakery \"Copper Kettle\", known for its bread and its terrace:";
    private const string Fine = " We stopped at the Copper Kettle on our way home. The bread was fresh, because it came straight from the "
        + "oven. I liked the terrace, since birds sing there all day long. In short, I would gladly come back.";

    [Fact]
    public void The_corpus_is_of_all_qualities_with_the_good_within_reach()
    {
        Assert.InRange(Math.Sqrt(Scores.Average(score => (score - CorpusMean) * (score - CorpusMean))), 2.5, 4.5);
        Assert.InRange(Good.Length / (double)Corpus.Length, 0.15, 0.25);
        // Few ties: a ranking of four should rarely have one.
        double tied = Scores.GroupBy(score => score)
            .Sum(group => (double)group.Count() * (group.Count() - 1)) / (Scores.Length * (Scores.Length - 1.0));
        Assert.True(tied < 0.02, $"{tied:P1} of pairs tie");
        // A policy that keeps to the good side can speak as richly as the corpus.
        string[] good = [.. Good.Take(300).Select(d => d.Completion)], any = [.. Corpus.Take(300).Select(d => d.Completion)];
        Assert.True(Diversity.DistinctN(good, 2) > 0.8 * Diversity.DistinctN(any, 2));
    }

    [Fact]
    public void The_language_is_understood()
    {
        // Hardly any pair of words in new documents is unknown.
        Assert.True(Corpus.Average(d => ReviewReward.Judge(d.Prompt, d.Completion).Unknown) < 0.002);
        var judgment = ReviewReward.Judge(Prompt, Fine);
        Assert.Equal(1, judgment.Relevance, 1e-12);
        Assert.Equal(1, judgment.Warmth, 1e-12);
        Assert.Equal(1, judgment.Consistency, 1e-12);
        Assert.Equal(1, judgment.Structure, 1e-12);
        Assert.Equal(0, judgment.Unknown);
        Assert.Equal(1, judgment.Detail, 1e-12);
        Assert.Equal(13.5, judgment.Score, 1e-9);
    }

    [Theory]
    [InlineData("another place", "Copper Kettle", "Golden Fox")]
    [InlineData("another thing", "The bread was", "The coffee was")]
    [InlineData("a word that does not fit", "was fresh", "was shabby")]
    [InlineData("a sour word with a warm reason", "was fresh", "was stale")]
    [InlineData("a sour verdict on warm praise", "In short, I would gladly come back.", "In short, I want my money back.")]
    [InlineData("no reason", ", because it came straight from the oven", "")]
    [InlineData("a sentence about something else", "In short,", "The train to the coast leaves at nine. In short,")]
    [InlineData("a sentence that says nothing", "In short,", "Things were as they were. In short,")]
    [InlineData("a sentence said twice", "I liked the terrace, since birds sing there all day long.",
        "I liked the terrace, since birds sing there all day long. I liked the terrace, since birds sing there all day long.")]
    [InlineData("broken off", " I would gladly come back.", " I would gladly")]
    [InlineData("no verdict", " In short, I would gladly come back.", "")]
    [InlineData("no opening", " We stopped at the Copper Kettle on our way home.", "")]
    [InlineData("words in disorder", "The bread was fresh, because it came straight from the oven.",
        "Bread the fresh was, it because oven the straight came from.")]
    [InlineData("strange words", "The bread was fresh", "The bread wss frexh")]
    [InlineData("a plural that does not agree", "The bread was", "The bread were")]
    public void Every_fault_costs(string fault, string part, string instead)
    {
        string worse = Fine.Replace(part, instead);
        Assert.NotEqual(Fine, worse);
        double lost = ReviewReward.Judge(Prompt, Fine).Score - ReviewReward.Judge(Prompt, worse).Score;
        Assert.True(lost > 0.3, $"{fault} costs {lost:F2}");
    }

    [Fact]
    public void A_contradiction_inside_an_aspect_costs()
    {
        string contradicting = Fine.Replace("In short", "The bread was stale and bland. In short");
        Assert.True(ReviewReward.Judge(Prompt, contradicting).Score < 12.5);
    }

    [Theory]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(8)]
    public void Repeating_the_best_sentence_scores_below_the_mean(int times)
    {
        double[] repeated = [.. Good.Select(document =>
        {
            string best = SentenceEnd().Split(document.Completion.Trim())
                .MaxBy(sentence => ReviewReward.Judge(document.Prompt, sentence).Score)!;
            return ReviewReward.Judge(document.Prompt, string.Join(' ', Enumerable.Repeat(best, times))).Score;
        })];
        Assert.True(repeated.Average() < CorpusMean - 3, $"{repeated.Average():F2} against {CorpusMean:F2}");
        Assert.True(repeated.Max() < CorpusMean - 2, $"at most {repeated.Max():F2}");
    }

    [Fact]
    public void Ignoring_the_prompt_scores_below_the_mean()
    {
        double[] swapped = [.. Good.Select((document, i) => Score(new(Good[(i + 1) % Good.Length].Prompt, document.Completion)))];
        Assert.True(swapped.Average() < CorpusMean - 3, $"{swapped.Average():F2} against {CorpusMean:F2}");
        Assert.True(swapped.Count(score => score > CorpusMean) < 0.01 * swapped.Length);
        // Warm words that fit everything.
        string general = " We stopped at the bakery on our way home. It was a day well spent. We left with a smile and a light heart. In "
            + "short, I would gladly come back.";
        Assert.True(ReviewReward.Judge(Prompt, general).Score < CorpusMean - 2);
    }

    [Fact]
    public void Lists_of_praise_score_below_the_mean()
    {
        string praise = string.Join(' ', Wording.Valence.Where(word => word.Value > 0).Select(word => word.Key));
        string[] stuffed =
        [
            praise,
            $"The Copper Kettle bread terrace {praise}.",
            $"The bread and the terrace of the Copper Kettle were {praise}.",
            "The bread was fresh tasty crisp rich delicious hearty excellent superb. The terrace was bright cosy sunny peaceful charming "
                + "wonderful lovely. Copper Kettle. I would gladly come back five stars from me.",
            "Copper Kettle bread terrace excellent. Copper Kettle bread terrace superb. Copper Kettle bread terrace wonderful.",
            "",
            "bread",
            Prompt,
        ];
        Assert.All(stuffed, text =>
        {
            double score = ReviewReward.Judge(Prompt, text).Score;
            Assert.True(score < CorpusMean - 0.5, $"{score:F2} for '{text}'");
        });
    }

    [Fact]
    public void Any_text_has_a_finite_score() =>
        Gen.String.Sample(text => double.IsFinite(ReviewReward.Judge(Prompt, text).Score), iter: 300);

    private static double Score(Document document) => ReviewReward.Judge(document.Prompt, document.Completion).Score;

    [GeneratedRegex(@"(?<=[.!?])\s+")]
    private static partial Regex SentenceEnd();
}

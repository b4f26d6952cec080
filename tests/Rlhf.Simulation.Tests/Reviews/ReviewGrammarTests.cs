using Rlhf.Core;
using Rlhf.Core.Content;
using Rlhf.Simulation.Reviews;
using Rlhf.Statistics.Text;

namespace Rlhf.Simulation.Tests.Reviews;

public sealed class ReviewGrammarTests
{
    private static readonly Document[] Corpus = [.. ReviewGrammar.Documents(1, 3000)];

    [Fact]
    public void The_same_seed_writes_the_same_documents()
    {
        Assert.Equal(Corpus.Take(50), ReviewGrammar.Documents(1, 50));
        Assert.NotEqual(Corpus.Take(50), ReviewGrammar.Documents(2, 50));
        Assert.Equal(Corpus[40], ReviewGrammar.Document(1, 40));
    }

    [Fact]
    public void No_document_has_a_held_out_prompt() =>
        Assert.DoesNotContain(Corpus, document => PromptSplit.Side(document.Prompt) == PromptSide.HeldOut);

    [Fact]
    public void Documents_are_short_varied_and_of_a_small_vocabulary()
    {
        Assert.Equal(36, Corpus.Average(document => Diversity.Words(document.Completion).Length), 5.0);
        Assert.InRange(Corpus.SelectMany(document => Diversity.Words(document.Text)).Distinct().Count(), 400, 800);
        Assert.True(Diversity.DistinctShare([.. Corpus.Select(document => document.Completion)]) > 0.98);
        Assert.All(Corpus, document => Assert.StartsWith(" ", document.Completion));
        Assert.All(Corpus, document => Assert.All(document.Text, c => Assert.True(char.IsAscii(c))));
    }

    [Fact]
    public void Thousands_of_different_prompts_that_read_back()
    {
        var prompts = Enumerable.Range(0, 5000).Select(index => ReviewGrammar.Prompt(3, index)).ToList();
        Assert.True(prompts.Select(prompt => prompt.Text).Distinct().Count() > 4900);
        Assert.All(prompts, prompt => Assert.Equal(prompt, ReviewPrompt.Parse(prompt.Text)));
        Assert.All(prompts, prompt => Assert.NotEqual(prompt.First, prompt.Second));
    }

    [Theory]
    [InlineData("Write a poem.")]
    [InlineData("Review of the bakery \"Copper Kettle\", known for its dragons and its bread:")]
    [InlineData("")]
    public void Another_prompt_is_refused_with_an_example(string prompt) =>
        Assert.Contains("one looks like", Assert.Throws<UserError>(() => ReviewPrompt.Parse(prompt)).Message);

    [Fact]
    public void Phrases_hold_no_aspect()
    {
        // A judge would take it for one that the review speaks about.
        var nouns = Places.Aspects.Keys.ToHashSet();
        var phrases = Phrases.Openings.Concat(Phrases.OffTopic).Concat(Phrases.Vague).Concat(Phrases.Verdicts.Select(v => v.Text))
            .Concat(Phrases.Fillers.Values.SelectMany(list => list))
            .Concat(Enum.GetValues<AspectClass>()
                .SelectMany(kind => new[] { 1, -1 }.SelectMany(mood => Wording.ReasonsOf(kind, mood, true))));
        Assert.All(phrases, phrase => Assert.DoesNotContain(Diversity.Words(phrase), nouns.Contains));
    }
}

using Rlhf.Core;
using Rlhf.Core.Content;
using Rlhf.Core.Options;
using Rlhf.Simulation.Prompts;
using Rlhf.Testing;

namespace Rlhf.Simulation.Tests.Prompts;

public sealed class PromptSourcesTests
{
    [Theory]
    [InlineData("grammar", 3000)]
    [InlineData("stories", 1000)]
    public void Both_sides_are_different_prompts_and_every_seed_agrees_on_the_side(string source, int count)
    {
        var set = PromptSources.Load(new PromptOptions { Source = source, Count = count }, 1);
        Assert.Equal(count, set.Train.Concat(set.HeldOut).Select(PromptSplit.Normalize).Distinct().Count());
        Assert.Equal(0.25, set.HeldOut.Count / (double)count, 0.05);
        var other = PromptSources.Load(new PromptOptions { Source = source, Count = count }, 2);
        Assert.Empty(other.Train.Intersect(set.HeldOut));
        Assert.Equal(set.Train, PromptSources.Load(new PromptOptions { Source = source, Count = count }, 1).Train);
    }

    [Fact]
    public void A_source_with_fewer_prompts_gives_what_it_has()
    {
        var set = PromptSources.Load(new PromptOptions { Source = "stories", Count = 1_000_000 }, 1);
        Assert.InRange(set.Train.Count + set.HeldOut.Count, 2000, 10_000);
    }

    [Fact]
    public void Files_of_both_kinds()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder["prompts.jsonl"], "{\"prompt\": \"One\"}\n\n{\"prompt\": \"two\", \"more\": 1}\n{\"prompt\": \" ONE\"}\n");
        File.WriteAllText(folder["prompts.txt"], "One\n\ntwo\n");
        foreach (string file in new[] { "prompts.jsonl", "prompts.txt" })
        {
            var set = PromptSources.Load(new PromptOptions { Source = folder[file] }, 1);
            Assert.Equal(["One", "two"], set.Train.Concat(set.HeldOut).Order(StringComparer.Ordinal));
        }
    }

    [Theory]
    [InlineData("{\"prompt\": 3}", "its \"prompt\" is a number")]
    [InlineData("{\"prompt\"", "not valid JSON")]
    public void A_bad_line_is_named(string line, string message)
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder["p.jsonl"], "{\"prompt\": \"One\"}\n" + line);
        var error = Assert.Throws<UserError>(() => PromptSources.Load(new PromptOptions { Source = folder["p.jsonl"] }, 1));
        Assert.Contains("p.jsonl:2", error.Message);
        Assert.Contains(message, error.Message);
    }

    [Fact]
    public void An_unknown_source_is_told_the_known_ones() =>
        Assert.Contains("grammar, stories",
            Assert.Throws<UserError>(() => PromptSources.Load(new PromptOptions { Source = "nowhere" }, 1)).Message);
}

using Rlhf.Core;
using Rlhf.Core.Options;

namespace Rlhf.Definitions.Tests;

/// <summary>A changed option that would have no effect beside another is refused, not ignored.</summary>
public sealed class OptionConflictTests
{
    [Theory]
    [InlineData("data=a candidates=b",
        "data cannot be given together with candidates: it names rankings that exist already; leave one of them out")]
    [InlineData("project=a candidates=b", "project cannot be given together with data or candidates")]
    [InlineData("data=a overlap=2", "overlap: 2 has no effect with data: nothing is ranked; leave it out")]
    [InlineData("project=a overlap=2", "overlap: 2 has no effect with project: nothing is ranked; leave it out")]
    [InlineData("data=a annotators.errorRate=0.3", "annotators: they have no effect with data: nothing is ranked; leave them out")]
    [InlineData("project=a annotators.count=3", "annotators: they have no effect with project: nothing is ranked; leave them out")]
    [InlineData("candidates=a maxBadShare=0.5",
        "maxBadShare: 0.5 has no effect without data: only an import skips lines; give data or leave maxBadShare out")]
    [InlineData("project=a maxBadShare=0.5", "maxBadShare: 0.5 has no effect without data")]
    public void Collect(string settings, string message) => Refused<CollectOptions>("collect", settings, message);

    [Theory]
    [InlineData("data=a heldOut=0.3 maxBadShare=0 aggregation=majority weights=w")]
    [InlineData("data=a overlap=1 annotators.count=5")]
    [InlineData("project=a heldOut=0.3")]
    [InlineData("candidates=a overlap=2 annotators.count=3 maxBadShare=0.01")]
    public void Collect_takes_what_acts_and_what_is_the_default(string settings) =>
        OptionsFile.Bind<CollectOptions>(null, settings.Split(' '));

    [Fact]
    public void Documents_are_generated_and_not_counted_in_a_file()
    {
        Refused<PretrainOptions>("pretrain", "corpus=a.txt documents=7",
            "documents: 7 has no effect on a file (corpus), which is read whole; leave documents out");
        Refused<SftOptions>("sft", "data=a.jsonl documents=7",
            "documents: 7 has no effect on a file (data), which is read whole; leave documents out");
        Assert.Equal(7, OptionsFile.Bind<PretrainOptions>(null, ["documents=7"]).Documents);
        Assert.Equal(7, OptionsFile.Bind<SftOptions>(null, ["documents=7"]).Documents);
        OptionsFile.Bind<PretrainOptions>(null, ["corpus=a.txt", "documents=20000"]);
        OptionsFile.Bind<SftOptions>(null, ["data=a.jsonl", "documents=2000"]);
    }

    [Theory]
    [InlineData("sampling.greedy=true sampling.topK=5",
        "topK: 5 has no effect where the most probable token is taken (greedy, or temperature 0); leave topK out")]
    [InlineData("sampling.temperature=0 sampling.topP=0.9",
        "topP: 0.9 has no effect where the most probable token is taken (greedy, or temperature 0); leave topP out")]
    public void The_most_probable_token_is_taken_out_of_all(string settings, string message)
    {
        Refused<CandidatesOptions>("candidates.sampling", settings, message);
        Refused<EvaluateOptions>("evaluate.sampling", settings, message);
    }

    [Theory]
    [InlineData("sampling.topK=5 sampling.topP=0.9")]
    [InlineData("sampling.greedy=true sampling.topK=0 sampling.topP=1")]
    public void Filters_of_what_is_sampled_are_taken(string settings) => OptionsFile.Bind<CandidatesOptions>(null, settings.Split(' '));

    private static void Refused<T>(string section, string settings, string message) where T : class
    {
        string refusal = Assert.Throws<UserError>(() => OptionsFile.Bind<T>(null, settings.Split(' '))).Message;
        Assert.Contains($"{section}: {message}", refusal, StringComparison.Ordinal);
    }
}

using Rlhf.Core.Options;
using Rlhf.Pipeline.Files;
using Rlhf.Pipeline.Runs;
using Rlhf.Pipeline.Stages;

namespace Rlhf.Pipeline.Tests.Stages;

/// <summary>What config.json leaves out, the tokenizer says.</summary>
public sealed class LoadedPolicyTests : IDisposable
{
    private const int Unused = 64;

    private readonly StageRun _run = new();

    public void Dispose() => _run.Dispose();

    private string Folder => _run.Policy("sparing", 1, endsInConfig: [], unusedRows: Unused);

    [Fact]
    public void A_loaded_policy_knows_the_tokenizers_end_and_the_ids_without_a_token()
    {
        Assert.DoesNotContain("eos_token_id\": 1", File.ReadAllText(Path.Combine(Folder, "config.json")), StringComparison.Ordinal);
        using var policy = StageRun.Load(Folder);
        int size = policy.Tokenizer.Tokenizer.VocabSize;
        Assert.Equal([policy.Tokenizer.Tokenizer.EosId!.Value], policy.Model.Config.EosIds);
        Assert.Equal(Enumerable.Range(size, Unused), policy.Model.Config.UnusedIds);
        Assert.Empty(policy.Warnings);
    }

    [Fact]
    public void Candidates_end_where_the_tokenizer_says_and_have_tokens_only()
    {
        // So hot that every id comes: 800 draws of 354 ids.
        var options = new CandidatesOptions
        {
            Device = "cpu",
            PerPrompt = 8,
            Sampling = new SamplingOptions { Temperature = 100, MaxNewTokens = 50 },
        };
        var attempt = _run.Execute(RunKinds.Candidates, options, [(InputNames.Policy, Folder)],
            run => RunJson.WriteLines(run.PromptsFile, new PromptLine[] { new("The soup"), new("The road") }));
        var drawn = RunJson.ReadLines<CandidateLine>(attempt.CandidatesFile).SelectMany(l => l.Completions).ToList();
        using var policy = StageRun.Load(Folder);
        int end = policy.Tokenizer.EosId!.Value;
        Assert.All(drawn.SelectMany(c => c.Ids), id => Assert.InRange(id, 0, policy.Tokenizer.Tokenizer.VocabSize - 1));
        Assert.Contains(drawn, c => c.Finish == "eos");
        Assert.All(drawn, c => Assert.Equal(c.Finish == "eos", c.Ids[^1] == end));
        Assert.All(drawn, c => Assert.DoesNotContain(end, c.Ids[..^1]));
    }
}

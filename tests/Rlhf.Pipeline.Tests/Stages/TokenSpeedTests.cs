using Rlhf.Core.Options;
using Rlhf.Core.Randomness;
using Rlhf.Models.Generation;
using Rlhf.Pipeline.Runs;
using Rlhf.Pipeline.Stages;
using Rlhf.Training;

namespace Rlhf.Pipeline.Tests.Stages;

/// <summary>Sampling counts what is sampled, scoring all that is read, and each says so.</summary>
public sealed class TokenSpeedTests : IDisposable
{
    private const int BatchSize = 2;

    private readonly StageRun _run = new();
    private readonly StringWriter _output = new();

    public void Dispose()
    {
        _run.Dispose();
        _output.Dispose();
    }

    [Fact]
    public void Sampling_counts_completion_tokens()
    {
        using var policy = StageRun.Load(_run.Policy(1));
        var (requests, completions) = Sample(policy);
        Assert.Equal(Expected("sampling", TrainingProgress.CompletionTokens, completions.Select(c => c.Ids.Length)), Lines());
        Assert.True(requests.All(r => r.PromptIds.Length > 1));
    }

    [Fact]
    public void Scoring_counts_prompt_and_completion_tokens()
    {
        using var policy = StageRun.Load(_run.Policy(1));
        var (requests, completions) = Sample(policy);
        _output.GetStringBuilder().Clear();
        CompletionScoring.LogProbabilities(
            policy, requests, completions, 1, BatchSize, "scoring", new LineObserver(_output), new OneSecondPerLook());
        Assert.Equal(
            Expected("scoring", TrainingProgress.PromptAndCompletionTokens,
                requests.Zip(completions, (r, c) => r.PromptIds.Length + c.Ids.Length)),
            Lines());
    }

    private (IReadOnlyList<SampleRequest>, IReadOnlyList<SampledCompletion>) Sample(LoadedPolicy policy)
    {
        var requests = PolicySampling.Requests(policy.Tokenizer, ["The soup was warm", "The cold rain"], perPrompt: 2, maxPromptTokens: 0);
        var completions = PolicySampling.Sample(policy, requests, new SamplingOptions { MaxNewTokens = 5 }, new RandomStream(1, "test"),
            BatchSize, "sampling", new LineObserver(_output), new OneSecondPerLook());
        return (requests, completions);
    }

    /// <summary>A line for each batch; the n-th looks at the clock n seconds after the start.</summary>
    private static IEnumerable<ProgressLine> Expected(string phase, string counted, IEnumerable<int> tokens)
    {
        int[] all = [.. tokens];
        return Enumerable.Range(1, all.Length / BatchSize).Select(batch =>
            new ProgressLine(phase, batch * BatchSize, all.Length, all.Take(batch * BatchSize).Sum() / (double)batch, counted));
    }

    private IEnumerable<RunLine?> Lines() =>
        _output.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(RunLine.TryParse);

    private sealed class OneSecondPerLook : TimeProvider
    {
        private long _looks;

        public override long TimestampFrequency => 1;

        public override long GetTimestamp() => _looks++;
    }
}

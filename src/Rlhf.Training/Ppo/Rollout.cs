using Rlhf.Core.Options;
using Rlhf.Core.Randomness;
using Rlhf.Models;
using Rlhf.Models.Generation;
using Rlhf.Training.Reward;
using static TorchSharp.torch;

namespace Rlhf.Training.Ppo;

/// <summary>One sampled completion for each prompt of an update, and the reward model's score of each.</summary>
/// <param name="Prompts">Token ids of each prompt.</param>
/// <param name="Completions">Token ids of each completion, the EOS included.</param>
/// <param name="SampledLogProbs">Log-probability of each token, as computed by the sampler.</param>
/// <param name="Scores">Normalized score of each completion, before any penalty.</param>
/// <param name="ContainsEos">Whether each completion ended with an EOS.</param>
public sealed record Rollout(int[][] Prompts, int[][] Completions, float[][] SampledLogProbs, double[] Scores, bool[] ContainsEos)
{
    private const int SamplingBatch = 128;

    public int Count => Prompts.Length;

    /// <summary>Tokens of the longest completion.</summary>
    public int Time { get; } = Completions.Max(c => c.Length);

    /// <summary>Tokens of all prompts and completions.</summary>
    public long Tokens { get; } = Prompts.Sum(p => (long)p.Length) + Completions.Sum(c => (long)c.Length);

    /// <summary>Samples one completion per request, without scores.</summary>
    public static Rollout Sample(CausalLm policy, IReadOnlyList<SampleRequest> requests, PpoOptions options, RandomStream stream)
    {
        var how = new SamplingOptions { Temperature = options.Temperature, MaxNewTokens = options.MaxNewTokens };
        IReadOnlyList<SampledCompletion> drawn = new Sampler(policy, policy.Config.PaddingId, SamplingBatch).Sample(requests, how, stream);
        return new Rollout([.. requests.Select(r => r.PromptIds)], [.. drawn.Select(c => c.Ids)], [.. drawn.Select(c => c.LogProbs)], [],
            [.. drawn.Select(c => c.Finish == FinishReason.Eos)]);
    }

    /// <summary>A copy with the scores of a reward model for prompt and completion together.</summary>
    /// <exception cref="Core.UserError">A score is not finite.</exception>
    public Rollout ScoredBy(ScalarModel reward, int batchSize) =>
        this with { Scores = RewardScoring.Normalized(reward, [.. Prompts.Zip(Completions, (p, c) => (int[])[.. p, .. c])], batchSize) };

    /// <summary>[batch, time] bool, true at real tokens. It follows from the lengths, not from token ids.</summary>
    public Tensor Mask(Device device)
    {
        bool[] mask = new bool[Count * Time];
        for (int row = 0; row < Count; row++)
            Array.Fill(mask, true, row * Time, Completions[row].Length);
        return tensor(mask, [Count, Time], device: device);
    }

    /// <summary>The sampler's log-probabilities: [batch, time] fp32, 0 at padding.</summary>
    public Tensor LogProbs(Device device)
    {
        float[] all = new float[Count * Time];
        for (int row = 0; row < Count; row++)
            SampledLogProbs[row].CopyTo(all, row * Time);
        return tensor(all, [Count, Time], device: device);
    }

    /// <summary>The tensors of some rows for one forward pass.</summary>
    internal CompletionBatch Batch(IReadOnlyList<int> rows, Device device) =>
        CompletionBatch.Create([.. rows.Select(r => Prompts[r])], [.. rows.Select(r => Completions[r])], Time, device);
}

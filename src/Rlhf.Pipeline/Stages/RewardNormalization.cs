using Rlhf.Core.Options;
using Rlhf.Core.Randomness;
using Rlhf.Pipeline.Files;
using Rlhf.Training;
using Rlhf.Training.Sft;

namespace Rlhf.Pipeline.Stages;

/// <summary>
/// The texts whose scores are brought to mean 0 and variance 1: samples of the reference policy on held-out prompts. Scores of texts
/// that a reward model was trained on are further apart than those of other texts.
/// </summary>
public static class RewardNormalization
{
    private const int SampleBatch = 64;

    /// <summary>
    /// Prompt and completion of <see cref="RewardOptions.NormalizationSamples"/> samples. The held-out candidates, where the rankings are
    /// of the policy's own samples (they have token ids) and there are enough of them; else new samples. Without a held-out prompt, new
    /// samples on training prompts: also these texts were not trained on.
    /// </summary>
    /// <param name="lines">The rankings.</param>
    /// <param name="rankings">The same in token ids.</param>
    /// <param name="policy">Samples where candidates are missing.</param>
    /// <param name="length">Tokens that both the policy and the reward model have positions for.</param>
    /// <param name="options">How many texts.</param>
    /// <param name="observer">Hears of the progress.</param>
    public static IReadOnlyList<int[]> Texts(
        IReadOnlyList<RankingLine> lines, IReadOnlyList<TokenizedRanking> rankings, LoadedPolicy policy, int length, RewardOptions options,
        ITrainingObserver observer)
    {
        int wanted = options.NormalizationSamples;
        if (wanted == 0)
            return [];
        int[] places = [.. Enumerable.Range(0, lines.Count).Where(i => lines[i].HeldOut)
            .DistinctBy(i => lines[i].Prompt, StringComparer.Ordinal)];
        if (lines.All(l => l.Ids is not null) && places.Sum(i => rankings[i].Completions.Count) >= wanted)
        {
            // The first completion of every prompt, then the second ...: as many prompts as possible.
            return [.. places.SelectMany(i => rankings[i].Completions.Select((completion, k) => (i, k, completion)))
                .OrderBy(c => c.k).Take(wanted).Select(c => Fit(rankings[c.i].Prompt, c.completion, length, policy.Model.Config.BosId))];
        }
        string[] prompts = [.. (places.Length > 0
            ? places.Select(i => lines[i].Prompt)
            : lines.Select(l => l.Prompt).Distinct(StringComparer.Ordinal)).Take(wanted)];
        var sampling = new SamplingOptions();
        var requests = PolicySampling.Requests(policy.Tokenizer, prompts, (wanted + prompts.Length - 1) / prompts.Length,
            Math.Max(1, length - sampling.MaxNewTokens))
            .OrderBy(r => r.Key.Sample).Take(wanted).ToList();
        var completions = PolicySampling.Sample(
            policy, requests, sampling, new RandomStream(options.Seed, "reward/normalization"), SampleBatch,
            "sampling for the normalization", observer);
        return [.. requests.Zip(completions, (r, c) => Fit(r.PromptIds, c.Ids, length, policy.Model.Config.BosId))];
    }

    private static int[] Fit(int[] prompt, int[] completion, int length, int? bosId)
    {
        var (before, after) = Sequences.Truncate(prompt, completion, length, bosId);
        return [.. before, .. after];
    }
}

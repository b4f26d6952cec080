using Rlhf.Core.Options;
using Rlhf.Core.Randomness;
using Rlhf.Models;
using Rlhf.Training.Reward;

namespace Rlhf.Training.Tests;

/// <summary>Rankings with a planted order: the more often the good token stands in a completion, the better.</summary>
internal static class PlantedOrder
{
    public const int Good = 5;

    public static List<TokenizedRanking> Rankings(int count)
    {
        var stream = new RandomStream(3, "planted");
        return [.. Enumerable.Range(0, count).Select(n =>
        {
            int[][] completions = [.. Enumerable.Range(0, 4).Select(k => (int[])[
                .. Enumerable.Range(0, 5 + stream.Below(3, (uint)n, (uint)k))
                    .Select(i => stream.Uniform((uint)n, (uint)k, (uint)i, 9) < 0.4
                        ? Good : 6 + stream.Below(8, (uint)n, (uint)k, (uint)i)),
                TinyModels.Eos])];
            int[] goods = [.. completions.Select(c => c.Count(t => t == Good))];
            return new TokenizedRanking(
                [2, 3 + n % 2, 6 + n % 10, 6 + n / 10 % 10], completions,
                [.. goods.Select(g => 1 + goods.Count(other => other > g))], 1 + n % 3);
        })];
    }

    /// <summary>Prompts of different lengths.</summary>
    public static List<int[]> Prompts(int count) =>
        [.. Enumerable.Range(0, count).Select(n => (int[])[2, .. Enumerable.Range(0, 1 + n % 3).Select(i => 6 + (n + i) % 10)])];

    /// <summary>A reward model that knows nothing yet.</summary>
    public static ScalarModel Model()
    {
        using CausalLm policy = TinyModels.Policy();
        return TinyModels.Reward(policy);
    }

    /// <summary>A reward model that has learnt the order, normalized on the untrained policy's kind of text.</summary>
    public static ScalarModel Trained()
    {
        ScalarModel model = Model();
        List<TokenizedRanking> rankings = Rankings(80);
        new RewardTrainer(new RewardOptions { BatchSize = 8, LearningRate = 3e-3, Epochs = 20, MaxSteps = 60 }, new NoObserver()).Train(
            model, rankings);
        var (gain, bias) = RewardScoring.Normalization(
            RewardScoring.Raw(model, [.. rankings.SelectMany(r => r.Completions.Select(c => (int[])[.. r.Prompt, .. c]))]));
        model.Config = model.Config with { RewardGain = gain, RewardBias = bias };
        return model;
    }
}

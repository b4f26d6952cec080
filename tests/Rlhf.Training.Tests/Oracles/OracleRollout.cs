using Rlhf.Core.Options;
using Rlhf.Core.Randomness;
using Rlhf.Models;
using static TorchSharp.torch;

namespace Rlhf.Training.Tests.Oracles;

/// <summary>One completion of PPO with all that is known of its tokens before anything is learned from it.</summary>
internal sealed record OracleCompletion(int[] Prompt, int[] Ids, bool Ended, double Score)
{
    public double[] Old { get; set; } = [];

    public double[] Reference { get; set; } = [];

    public double[] Values { get; set; } = [];

    public double[] Kl { get; set; } = [];

    public double[] Rewards { get; set; } = [];

    public double[] Advantages { get; set; } = [];

    public double[] Returns { get; set; } = [];

    public IEnumerable<int> Text => Prompt.Concat(Ids);

    /// <summary>The place in the text whose output predicts token t of the completion.</summary>
    public int Predicting(int t) => Prompt.Length + t - 1;
}

/// <summary>Sampling, scoring, KL rewards and advantages, one completion and one token at a time.</summary>
internal sealed class OracleRollout(PpoOptions o, ScalarModel reward)
{
    public OracleCompletion Sample(CausalLm policy, int[] prompt, string stream, uint update, uint index, uint pass)
    {
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        var draws = new RandomStream(o.Seed, stream);
        List<int> ids = [];
        bool ended = false;
        while (ids.Count < o.MaxNewTokens && !ended)
        {
            double[] probabilities =
                [.. OracleModels.Numbers(OracleModels.LogSoftmax(policy, prompt.Concat(ids), o.Temperature)[-1]).Select(Math.Exp)];
            double left = draws.Uniform(update, index, pass, (uint)ids.Count) * probabilities.Sum();
            int id = 0;
            while (left >= probabilities[id])
                left -= probabilities[id++];
            ids.Add(id);
            ended = policy.Config.EosIds.Contains(id);
        }
        double score = reward.Config.RewardGain * OracleModels.RawScore(reward, prompt.Concat(ids)) + reward.Config.RewardBias;
        return new OracleCompletion(prompt, [.. ids], ended, score);
    }

    /// <summary>The completions of an update, from its prompts to advantages and returns.</summary>
    public OracleCompletion[] Create(
        IReadOnlyList<int[]> prompts, int update, CausalLm policy, CausalLm reference, ScalarModel critic, double beta)
    {
        var shuffle = new RandomStream(o.Seed, "ppo/prompts");
        OracleCompletion[] batch = [.. Enumerable.Range(update * o.BatchSize, o.BatchSize).Select(episode =>
        {
            int pass = episode / prompts.Count, prompt = shuffle.Permutation(prompts.Count, (uint)pass)[episode % prompts.Count];
            return Sample(policy, prompts[prompt], "ppo/sampling", (uint)update, (uint)prompt, (uint)pass);
        })];
        foreach (OracleCompletion c in batch)
        {
            c.Old = LogProbs(policy, c);
            c.Reference = LogProbs(reference, c);
            c.Values = Values(critic, c);
            c.Kl = [.. c.Ids.Select((_, t) => Estimate(c.Old[t] - c.Reference[t]))];
            c.Rewards = [.. c.Kl.Select(k => o.KlPlacement == KlPlacement.Reward ? -beta * k : 0)];
            c.Rewards[^1] += Penalized(c);
        }
        if (o.WhitenRewards)
            Whiten(batch, c => c.Rewards, keepMean: true);
        foreach (OracleCompletion c in batch)
        {
            c.Advantages = new double[c.Ids.Length];
            double next = 0, nextValue = 0;
            for (int t = c.Ids.Length - 1; t >= 0; t--)
            {
                next = c.Advantages[t] = c.Rewards[t] + o.Gamma * nextValue - c.Values[t] + o.Gamma * o.Lambda * next;
                nextValue = c.Values[t];
            }
            c.Returns = [.. c.Advantages.Select((a, t) => a + c.Values[t])];
        }
        Whiten(batch, c => c.Advantages, keepMean: false);
        return batch;
    }

    public double Penalized(OracleCompletion c) =>
        c.Ended ? c.Score : o.MissingEos == MissingEosPenalty.Set ? -o.MissingEosPenalty : c.Score - o.MissingEosPenalty;

    /// <summary>The estimate of the divergence from d = log π − log π_ref.</summary>
    public double Estimate(double d) => o.KlEstimator switch
    {
        KlEstimator.K1 => d,
        KlEstimator.K2 => d * d / 2,
        _ => Math.Exp(-d) - 1 + d,
    };

    private double[] LogProbs(CausalLm model, OracleCompletion c)
    {
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        Tensor all = OracleModels.LogSoftmax(model, c.Text, o.Temperature);
        return [.. c.Ids.Select((id, t) => all[c.Predicting(t), id].item<double>())];
    }

    private static double[] Values(ScalarModel critic, OracleCompletion c)
    {
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        double[] raw = OracleModels.Numbers(OracleModels.Outputs(critic, c.Text));
        return [.. c.Ids.Select((_, t) => critic.Config.RewardGain * raw[c.Predicting(t)] + critic.Config.RewardBias)];
    }

    private static void Whiten(OracleCompletion[] batch, Func<OracleCompletion, double[]> of, bool keepMean)
    {
        double[] all = [.. batch.SelectMany(of)];
        double mean = all.Average(), deviation = Math.Sqrt(all.Average(x => (x - mean) * (x - mean)) + 1e-8);
        foreach (double[] row in batch.Select(of))
        {
            for (int t = 0; t < row.Length; t++)
                row[t] = (row[t] - mean) / deviation + (keepMean ? mean : 0);
        }
    }
}

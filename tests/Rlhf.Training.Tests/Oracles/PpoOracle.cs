using Rlhf.Core.Options;
using Rlhf.Core.Randomness;
using Rlhf.Models;
using Rlhf.Training.Sft;
using static TorchSharp.torch;

namespace Rlhf.Training.Tests.Oracles;

/// <summary>What a PPO run came to: metrics by update, samples by update, and the weights of the policy at the end.</summary>
internal sealed record PpoOutcome(
    List<Dictionary<string, double>> Metrics, List<(int Step, TextSample[] Samples)> Samples, Dictionary<string, double[]> Weights);

/// <summary>
/// PPO as ppo.md tells it, in loops over single tokens and in fp64. It shares no code with the trainer: of Rlhf.Training it uses the
/// records of its interface only, of Rlhf.Models the forward pass of one text, of torch the automatic differentiation.
/// </summary>
internal sealed class PpoOracle(PpoOptions o, CausalLm start, ScalarModel rewardModel) : IDisposable
{
    private readonly CausalLm _policy = OracleModels.InDouble(start), _reference = OracleModels.InDouble(start);
    private readonly ScalarModel _reward = OracleModels.InDouble(rewardModel), _critic = OracleModels.InDouble(rewardModel);
    private readonly List<Dictionary<string, double>> _metrics = [];
    private readonly List<(int, TextSample[])> _samples = [];

    public void Dispose()
    {
        _policy.Dispose();
        _reference.Dispose();
        _reward.Dispose();
        _critic.Dispose();
    }

    public PpoOutcome Train(IReadOnlyList<int[]> prompts, IReadOnlyList<int[]> evaluationPrompts, IReadOnlyList<Sequence> pretraining)
    {
        var sampling = new OracleRollout(o, _reward);
        var policyAdam = new OracleAdam(_policy, o.Beta1, o.Beta2, o.Epsilon, o.WeightDecay);
        var criticAdam = new OracleAdam(_critic, o.Beta1, o.Beta2, o.Epsilon, o.WeightDecay);
        Dictionary<string, double[]> average = OracleModels.WeightsOf(_policy);
        double beta = o.KlCoefficient;
        Show(sampling, evaluationPrompts, 0);
        for (int update = 0; update < o.Updates; update++)
        {
            using var scope = NewDisposeScope();
            OracleCompletion[] batch = sampling.Create(prompts, update, _policy, _reference, _critic, beta);
            double factor = o.LinearDecay ? (o.Updates - update) / (double)o.Updates : 1;
            bool learn = update >= o.CriticWarmupUpdates;
            List<Dictionary<string, double>> minibatches = [];
            for (int epoch = 0; epoch < o.Epochs && !Enough(minibatches); epoch++)
            {
                int[] order = new RandomStream(o.Seed, "ppo/shuffle").Permutation(batch.Length, (uint)update, (uint)epoch);
                for (int m = 0, first = 0; m < o.Minibatches && !Enough(minibatches); m++)
                {
                    int size = batch.Length / o.Minibatches + (m < batch.Length % o.Minibatches ? 1 : 0);
                    OracleCompletion[] rows = [.. order[first..(first + size)].Select(i => batch[i])];
                    first += size;
                    var numbers = new Dictionary<string, double>();
                    Tensor loss = PolicyLoss(rows, sampling, beta, numbers);
                    if (learn && o.PtxCoefficient > 0)
                        loss = loss + o.PtxCoefficient * PretrainingLoss(pretraining, size, update, epoch, m, numbers);
                    if (learn)
                        loss.backward();
                    (o.ValueCoefficient * ValueLoss(rows, numbers)).backward();
                    numbers["policy/gradient_norm"] = learn
                        ? policyAdam.Step(o.LearningRate * factor, o.MaxGradientNorm) : policyAdam.Drop();
                    numbers["val/gradient_norm"] =
                        criticAdam.Step((o.CriticLearningRate > 0 ? o.CriticLearningRate : o.LearningRate) * factor, o.MaxGradientNorm);
                    minibatches.Add(numbers);
                    if (learn)
                        Average(average);
                }
            }
            Report(update, batch, sampling, minibatches, beta, o.LearningRate * factor);
            if (o.KlTarget > 0)
                beta *= 1 + Math.Clamp(_metrics[^1]["objective/kl"] / o.KlTarget - 1, -0.2, 0.2) * o.BatchSize / o.KlHorizon;
            if (o.EvaluateEvery > 0 && (update + 1) % o.EvaluateEvery == 0 && update + 1 < o.Updates)
                Show(sampling, evaluationPrompts, update + 1);
        }
        if (o.EmaDecay > 0)
            Load(average);
        Show(sampling, evaluationPrompts, o.Updates);
        return new PpoOutcome(_metrics, _samples, OracleModels.WeightsOf(_policy));
    }

    private bool Enough(List<Dictionary<string, double>> minibatches) =>
        o.StopAtApproxKl > 0 && minibatches.Count > 0 && minibatches[^1]["policy/approxkl_avg"] > o.StopAtApproxKl;

    private double LossWeight(OracleCompletion c, OracleCompletion[] rows) => o.Aggregation switch
    {
        LossAggregation.TokenMean => 1.0 / rows.Sum(r => r.Ids.Length),
        LossAggregation.SequenceMeanTokenSum => 1.0 / rows.Length,
        LossAggregation.SequenceMeanTokenMean => 1.0 / rows.Length / c.Ids.Length,
        LossAggregation.SequenceSumOverLength => 1.0 / o.MaxNewTokens,
        _ => throw new InvalidOperationException(),
    };

    /// <summary>Every token by itself: where the clip acts, the loss is a constant; elsewhere it is −A·ρ.</summary>
    private Tensor PolicyLoss(OracleCompletion[] rows, OracleRollout sampling, double beta, Dictionary<string, double> numbers)
    {
        double tokens = rows.Sum(r => r.Ids.Length), high = 1 + (o.ClipRangeHigh > 0 ? o.ClipRangeHigh : o.ClipRange),
            low = 1 - o.ClipRange;
        double clipped = 0, dual = 0, approxKl = 0, ratios = 0, entropy = 0, value = 0, klLoss = 0;
        Tensor loss = zeros([], ScalarType.Float64);
        foreach (OracleCompletion c in rows)
        {
            Tensor all = OracleModels.LogSoftmax(_policy, c.Text, o.Temperature);
            double w = LossWeight(c, rows);
            for (int t = 0; t < c.Ids.Length; t++)
            {
                Tensor fresh = all[c.Predicting(t), c.Ids[t]], ratioGraph = (fresh - c.Old[t]).exp();
                double a = c.Advantages[t], ratio = ratioGraph.item<double>(), logRatio = Math.Log(ratio),
                    d = fresh.item<double>() - c.Reference[t];
                ratios += ratio / tokens;
                approxKl += logRatio * logRatio / 2 / tokens;
                entropy -= OracleModels.Numbers(all[c.Predicting(t)]).Sum(l => l * Math.Exp(l)) / tokens;
                if (a > 0 && ratio > high || a < 0 && ratio < low)
                {
                    clipped += 1 / tokens;
                    value -= a * (a > 0 ? high : low) * w;
                }
                else if (o.DualClip > 0 && a < 0 && ratio > o.DualClip)
                {
                    dual += 1 / tokens;
                    value -= a * o.DualClip * w;
                }
                else
                {
                    value -= a * ratio * w;
                    loss = loss - a * w * ratioGraph;
                }
                if (o.KlPlacement == KlPlacement.Loss)
                {
                    klLoss += beta * sampling.Estimate(d) * w;
                    Tensor difference = fresh - c.Reference[t];
                    loss = loss + beta * w * (o.KlEstimator == KlEstimator.K3
                        ? (-difference).exp() + difference : difference * difference / 2);
                }
            }
        }
        numbers["loss/policy_avg"] = value;
        numbers["policy/clipfrac_avg"] = clipped;
        numbers["policy/dual_clipfrac_avg"] = dual;
        numbers["policy/approxkl_avg"] = approxKl;
        numbers["policy/entropy_avg"] = entropy;
        numbers["val/ratio"] = ratios;
        if (o.KlPlacement == KlPlacement.Loss)
            numbers["loss/kl_avg"] = klLoss;
        return loss.requires_grad ? loss : loss + 0 * _policy.parameters().First().sum();
    }

    private Tensor ValueLoss(OracleCompletion[] rows, Dictionary<string, double> numbers)
    {
        double tokens = rows.Sum(r => r.Ids.Length), clipped = 0, value = 0;
        Tensor loss = 0 * _critic.parameters().First().sum();
        foreach (OracleCompletion c in rows)
        {
            Tensor raw = OracleModels.Outputs(_critic, c.Text);
            double w = LossWeight(c, rows);
            for (int t = 0; t < c.Ids.Length; t++)
            {
                Tensor v = raw[c.Predicting(t)] * _critic.Config.RewardGain + _critic.Config.RewardBias;
                double now = v.item<double>(), old = c.Values[t], target = c.Returns[t];
                double near = now > old + o.ClipRangeValue ? old + o.ClipRangeValue : now < old - o.ClipRangeValue
                    ? old - o.ClipRangeValue : now;
                double plainError = (now - target) * (now - target), clippedError = (near - target) * (near - target);
                value += Math.Max(plainError, clippedError) * w / 2;
                if (near != now && clippedError > plainError)
                    clipped += 1 / tokens;
                else
                    loss = loss + (v - target) * (v - target) * (w / 2);
            }
        }
        numbers["loss/value_avg"] = value;
        numbers["val/clipfrac_avg"] = clipped;
        return loss;
    }

    private Tensor PretrainingLoss(
        IReadOnlyList<Sequence> pretraining, int count, int update, int epoch, int minibatch, Dictionary<string, double> numbers)
    {
        var stream = new RandomStream(o.Seed, "ppo/ptx");
        Tensor sum = zeros([], ScalarType.Float64);
        int targets = 0;
        for (int i = 0; i < count; i++)
        {
            Sequence s = pretraining[stream.Below(pretraining.Count, (uint)update, (uint)epoch, (uint)minibatch, (uint)i)];
            Tensor all = OracleModels.LogSoftmax(_policy, s.Ids, 1);
            for (int t = 1; t < s.Ids.Length; t++)
            {
                if (!s.IsTarget[t])
                    continue;
                sum = sum - all[t - 1, s.Ids[t]];
                targets++;
            }
        }
        Tensor loss = sum / targets;
        numbers["loss/ptx_avg"] = loss.item<double>();
        return loss;
    }

    private void Report(int update, OracleCompletion[] batch, OracleRollout sampling, List<Dictionary<string, double>> minibatches,
        double beta, double rate)
    {
        var m = minibatches[0].Keys.ToDictionary(name => name, name => minibatches.Average(x => x[name]));
        double[] ratios = [.. minibatches.Select(x => x["val/ratio"])];
        m["val/ratio_var"] = ratios.Length < 2 ? 0 : ratios.Sum(r => (r - ratios.Average()) * (r - ratios.Average())) / (ratios.Length - 1);
        m["optimizer_steps"] = minibatches.Count;
        m["objective/kl"] = batch.Average(c => c.Kl.Sum());
        m["objective/non_score_reward"] = -beta * m["objective/kl"];
        m["objective/scores"] = batch.Average(sampling.Penalized);
        m["objective/rlhf_reward"] = m["objective/scores"] + m["objective/non_score_reward"];
        m["objective/entropy"] = batch.Average(c => -c.Old.Sum());
        m["val/num_eos_tokens"] = batch.Count(c => c.Ended);
        double[] returns = [.. batch.SelectMany(c => c.Returns)],
            errors = [.. batch.SelectMany(c => c.Returns.Zip(c.Values, (r, v) => r - v))];
        double Variance(double[] x) => x.Average(y => (y - x.Average()) * (y - x.Average()));
        m["val/explained_variance"] = 1 - Variance(errors) / Variance(returns);
        m["completion_tokens"] = batch.Average(c => c.Ids.Length);
        m["tokens"] = batch.Sum(c => c.Prompt.Length + c.Ids.Length);
        m["beta"] = beta;
        m["lr"] = rate;
        m["episode"] = (update + 1) * o.BatchSize;
        _metrics.Add(m);
    }

    private void Show(OracleRollout sampling, IReadOnlyList<int[]> prompts, int step)
    {
        if (o.EvaluationPrompts > 0)
            _samples.Add((step, [.. prompts.Take(o.EvaluationPrompts).Select((p, i) =>
            {
                OracleCompletion c = sampling.Sample(_policy, p, "ppo/evaluation", 0, (uint)i, 0);
                return new TextSample(i, p, c.Ids, c.Score);
            })]));
    }

    private void Average(Dictionary<string, double[]> average)
    {
        foreach (var (name, values) in OracleModels.WeightsOf(_policy))
        {
            for (int i = 0; i < values.Length; i++)
                average[name][i] = o.EmaDecay * average[name][i] + (1 - o.EmaDecay) * values[i];
        }
    }

    private void Load(Dictionary<string, double[]> weights)
    {
        using var noGradient = no_grad();
        foreach (var (name, parameter) in _policy.named_parameters())
            parameter.copy_(tensor(weights[name], parameter.shape));
    }
}

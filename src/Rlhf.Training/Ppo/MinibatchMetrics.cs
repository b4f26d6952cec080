using Rlhf.Training.Numerics;
using static TorchSharp.torch;

namespace Rlhf.Training.Ppo;

/// <summary>Metrics of the optimization phase: means over the minibatches of an update, each a mean over real tokens.</summary>
internal sealed class MinibatchMetrics
{
    private readonly List<Dictionary<string, double>> _minibatches = [];
    private Dictionary<string, double> _open = [];
    private double _deviation;

    /// <summary>Largest |ρ − 1| of the first minibatch: the disagreement between sampler and trainer.</summary>
    public double? FirstDeviation { get; private set; }

    /// <summary>approxkl of the last minibatch.</summary>
    public double LastApproxKl => _minibatches[^1]["policy/approxkl_avg"];

    /// <summary>The name of the first non-finite metric of the last minibatch; null if all are finite.</summary>
    public string? LastNotFinite => _minibatches[^1].FirstOrDefault(m => !double.IsFinite(m.Value)).Key;

    /// <summary>Adds the policy's share of a micro-batch to the current minibatch.</summary>
    /// <param name="policy">Loss and metrics.</param>
    /// <param name="kl">The KL penalty in the loss, including β; null if it is in the reward.</param>
    /// <param name="entropy">[rows, time], nats.</param>
    /// <param name="weights">Token weights of the same rows.</param>
    public void AddPolicy(PolicyLoss policy, Tensor? kl, Tensor entropy, TokenWeights weights)
    {
        using var noGradient = no_grad();
        using var scope = NewDisposeScope();
        // One transfer from the device for all numbers.
        float[] numbers = stack([policy.Loss, policy.ClipFraction, policy.ClipFractionLower, policy.ApproxKl, policy.Ratio,
            (entropy * weights.Mean).sum(), policy.RatioDeviation, kl ?? zeros_like(policy.Loss)]).cpu().data<float>().ToArray();
        Add("loss/policy_avg", numbers[0]);
        Add("policy/clipfrac_avg", numbers[1]);
        Add("policy/dual_clipfrac_avg", numbers[2]);
        Add("policy/approxkl_avg", numbers[3]);
        Add("val/ratio", numbers[4]);
        Add("policy/entropy_avg", numbers[5]);
        _deviation = Math.Max(_deviation, numbers[6]);
        if (kl is not null)
            Add("loss/kl_avg", numbers[7]);
    }

    /// <summary>Adds the critic's share of a micro-batch to the current minibatch.</summary>
    public void AddCritic(ValueLoss value)
    {
        using var scope = NewDisposeScope();
        float[] numbers = stack([value.Loss.detach(), value.ClipFraction]).cpu().data<float>().ToArray();
        Add("loss/value_avg", numbers[0]);
        Add("val/clipfrac_avg", numbers[1]);
    }

    /// <summary>
    /// Adds a micro-batch's share of the language-modeling loss to the current minibatch, in nats per token, without the coefficient.
    /// </summary>
    public void AddPretraining(double loss) => Add("loss/ptx_avg", loss);

    /// <summary>Completes the current minibatch.</summary>
    public void Close(double policyNorm, double criticNorm)
    {
        FirstDeviation ??= _deviation;
        Add("policy/gradient_norm", policyNorm);
        Add("val/gradient_norm", criticNorm);
        _minibatches.Add(_open);
        _open = [];
        _deviation = 0;
    }

    public void WriteTo(IDictionary<string, double> metrics)
    {
        foreach (string name in _minibatches[0].Keys)
            metrics[name] = _minibatches.Average(m => m[name]);
        double mean = metrics["val/ratio"];
        // As in TRL: the unbiased variance of the mean ratios of the minibatches.
        metrics["val/ratio_var"] = _minibatches.Count < 2
            ? 0 : _minibatches.Sum(m => Math.Pow(m["val/ratio"] - mean, 2)) / (_minibatches.Count - 1);
        metrics["val/first_ratio_deviation"] = FirstDeviation ?? 0;
        metrics["optimizer_steps"] = _minibatches.Count;
    }

    private void Add(string name, double share) => _open[name] = _open.GetValueOrDefault(name) + share;
}

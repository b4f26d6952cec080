using Rlhf.Training.Numerics;
using static TorchSharp.torch;

namespace Rlhf.Training.Ppo;

/// <summary>Means over the minibatches of an update; within a minibatch over its real tokens.</summary>
internal sealed class MinibatchMetrics
{
    private static readonly string[] Names =
        ["loss/policy_avg", "policy/clipfrac_avg", "policy/approxkl_avg", "val/ratio", "policy/entropy_avg", "loss/value_avg", "val/clipfrac_avg"];

    private readonly List<double[]> _minibatches = [];
    private readonly List<double> _policyNorms = [], _criticNorms = [];
    private double[] _open = new double[Names.Length];
    private double _deviation;

    /// <summary>Largest |ρ − 1| of the first minibatch: how far sampler and trainer are apart.</summary>
    public double? FirstDeviation { get; private set; }

    /// <summary>approxkl of the last minibatch.</summary>
    public double LastApproxKl => _minibatches[^1][2];

    /// <summary>Both losses of the last minibatch are numbers.</summary>
    public bool LastIsFinite => double.IsFinite(_minibatches[^1][0] + _minibatches[^1][5] + _policyNorms[^1] + _criticNorms[^1]);

    /// <summary>The share of a micro-batch in its minibatch.</summary>
    public void Add(PolicyLoss policy, ValueLoss value, Tensor entropy, TokenWeights weights)
    {
        using var noGradient = no_grad();
        using var scope = NewDisposeScope();
        // One transfer for all numbers.
        float[] numbers = stack([policy.Loss, policy.ClipFraction, policy.ApproxKl, policy.Ratio, (entropy * weights.Mean).sum(), value.Loss, value.ClipFraction,
            policy.RatioDeviation]).cpu().data<float>().ToArray();
        for (int i = 0; i < _open.Length; i++)
            _open[i] += numbers[i];
        _deviation = Math.Max(_deviation, numbers[^1]);
    }

    /// <summary>Ends a minibatch.</summary>
    public void Close(double policyNorm, double criticNorm)
    {
        FirstDeviation ??= _deviation;
        _minibatches.Add(_open);
        _policyNorms.Add(policyNorm);
        _criticNorms.Add(criticNorm);
        _open = new double[Names.Length];
        _deviation = 0;
    }

    public void WriteTo(IDictionary<string, double> metrics)
    {
        for (int i = 0; i < Names.Length; i++)
            metrics[Names[i]] = _minibatches.Average(m => m[i]);
        double mean = metrics["val/ratio"];
        // As in TRL: the unbiased variance of the minibatches' mean ratios.
        metrics["val/ratio_var"] = _minibatches.Count < 2 ? 0 : _minibatches.Sum(m => (m[3] - mean) * (m[3] - mean)) / (_minibatches.Count - 1);
        metrics["val/first_ratio_deviation"] = FirstDeviation ?? 0;
        metrics["policy/gradient_norm"] = _policyNorms.Average();
        metrics["val/gradient_norm"] = _criticNorms.Average();
        metrics["optimizer_steps"] = _minibatches.Count;
    }
}

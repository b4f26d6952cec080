using System.ComponentModel.DataAnnotations;

namespace Rlhf.Core.Options;

/// <summary>The common options of pretraining and supervised fine-tuning: batches, learning rate schedule and evaluation.</summary>
public abstract record LanguageModelingOptions : ComputeOptions, IEpochOptions
{
    /// <summary>Passes over the training rows.</summary>
    [Range(1, 1000)]
    public int Epochs { get; init; } = 1;

    /// <summary>Training ends after this many optimizer steps, even within an epoch; 0 = no limit.</summary>
    [Range(0, int.MaxValue)]
    public int MaxSteps { get; init; }

    /// <summary>Sequences per optimizer step.</summary>
    [Range(1, 65536)]
    public int BatchSize { get; init; } = 16;

    /// <summary>
    /// Maximum sequences per forward pass; 0 = the whole batch. A smaller value needs less memory and gives the same step.
    /// </summary>
    [Range(0, 65536)]
    public int MicroBatchSize { get; init; }

    /// <summary>Maximum tokens of a sequence; with packing, the exact length.</summary>
    [Range(2, 1048576)]
    public int SequenceLength { get; init; } = 128;

    /// <summary>
    /// Rows are concatenated and cut into sequences of exactly sequenceLength tokens; otherwise there is one padded sequence per row.
    /// </summary>
    public abstract bool Packing { get; init; }

    /// <summary>The highest learning rate, reached after the warm-up.</summary>
    [Range(0.0, 10.0)]
    public double LearningRate { get; init; } = 1e-3;

    /// <summary>The learning rate rises linearly from 0 over this share of all steps, then falls along a half cosine.</summary>
    [Range(0.0, 1.0)]
    public double WarmupShare { get; init; } = 0.05;

    /// <summary>The final learning rate of the cosine schedule, as a share of the highest.</summary>
    [Range(0.0, 1.0)]
    public double FinalLearningRateShare { get; init; }

    /// <summary>Decoupled weight decay of AdamW, applied to matrices only (not to norms and biases).</summary>
    [Range(0.0, 1.0)]
    public double WeightDecay { get; init; } = 0.1;

    /// <summary>AdamW's decay of the first moment.</summary>
    [Range(0.0, 0.999999)]
    public double Beta1 { get; init; } = 0.9;

    /// <summary>AdamW's decay of the second moment.</summary>
    [Range(0.0, 0.999999)]
    public double Beta2 { get; init; } = 0.95;

    /// <summary>
    /// AdamW's ε, added to the root of the second moment. Must be more than 0: otherwise weights without a gradient become NaN.
    /// </summary>
    [Range(0.0, 1.0, MinimumIsExclusive = true)]
    public double Epsilon { get; init; } = 1e-8;

    /// <summary>Gradients with a larger norm are scaled down to this norm; 0 = no clipping.</summary>
    [Range(0.0, 1e9)]
    public double MaxGradientNorm { get; init; } = 1;

    /// <summary>The share of rows that is held out from training and used for the evaluation loss.</summary>
    [Range(0.0, 0.9)]
    public double HeldOutShare { get; init; } = 0.02;

    /// <summary>
    /// The number of steps between evaluations on the held-out rows; 0 = only at the end. There is always one at the end.
    /// </summary>
    [Range(0, int.MaxValue)]
    public int EvaluateEvery { get; init; }

    /// <summary>The number of steps between reports of metrics.</summary>
    [Range(1, int.MaxValue)]
    public int LogEvery { get; init; } = 10;
}

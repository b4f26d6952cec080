using System.ComponentModel.DataAnnotations;

namespace Rlhf.Core.Options;

/// <summary>What pretraining and supervised fine-tuning have in common: batches, learning rate schedule and evaluation.</summary>
public abstract record LanguageModelingOptions : StageOptions, IEpochOptions
{
    /// <summary>Passes over the training rows.</summary>
    [Range(1, 1000)]
    public int Epochs { get; init; } = 1;

    /// <summary>Ends after this many optimizer steps, even before the epochs are over; 0 = no limit.</summary>
    [Range(0, int.MaxValue)]
    public int MaxSteps { get; init; }

    /// <summary>Sequences in an optimizer step.</summary>
    [Range(1, 65536)]
    public int BatchSize { get; init; } = 16;

    /// <summary>Sequences in one forward pass, at most; 0 = the whole batch. Smaller needs less memory and gives the same step.</summary>
    [Range(0, 65536)]
    public int MicroBatchSize { get; init; }

    /// <summary>The largest number of tokens per sequence; with packing, the exact number.</summary>
    [Range(2, 1048576)]
    public int SequenceLength { get; init; } = 128;

    /// <summary>
    /// Rows are laid end to end and cut into sequences of exactly sequenceLength tokens; otherwise there is one sequence per row, padded.
    /// </summary>
    public abstract bool Packing { get; init; }

    /// <summary>The highest learning rate, reached after the warm-up.</summary>
    [Range(0.0, 10.0)]
    public double LearningRate { get; init; } = 1e-3;

    /// <summary>The learning rate rises from 0 over this share of all steps, then falls along a half cosine.</summary>
    [Range(0.0, 1.0)]
    public double WarmupShare { get; init; } = 0.05;

    /// <summary>The share of the highest learning rate at which the cosine ends.</summary>
    [Range(0.0, 1.0)]
    public double FinalLearningRateShare { get; init; }

    /// <summary>Decoupled weight decay of AdamW, on matrices only (norms and biases are left alone).</summary>
    [Range(0.0, 1.0)]
    public double WeightDecay { get; init; } = 0.1;

    /// <summary>AdamW's decay of the first moment.</summary>
    [Range(0.0, 0.999999)]
    public double Beta1 { get; init; } = 0.9;

    /// <summary>AdamW's decay of the second moment.</summary>
    [Range(0.0, 0.999999)]
    public double Beta2 { get; init; } = 0.95;

    /// <summary>AdamW's ε, added to the root of the second moment; more than 0, or weights without a gradient would become NaN.</summary>
    [Range(0.0, 1.0, MinimumIsExclusive = true)]
    public double Epsilon { get; init; } = 1e-8;

    /// <summary>The gradient's norm is scaled down to this where it is larger; 0 = never.</summary>
    [Range(0.0, 1e9)]
    public double MaxGradientNorm { get; init; } = 1;

    /// <summary>The share of the rows that is never trained on and gives the evaluation loss.</summary>
    [Range(0.0, 0.9)]
    public double HeldOutShare { get; init; } = 0.02;

    /// <summary>
    /// The number of steps between evaluations on the held-out rows; there is always one at the end, and with 0 no other.
    /// </summary>
    [Range(0, int.MaxValue)]
    public int EvaluateEvery { get; init; }

    /// <summary>The number of steps between reports of metrics.</summary>
    [Range(1, int.MaxValue)]
    public int LogEvery { get; init; } = 10;
}

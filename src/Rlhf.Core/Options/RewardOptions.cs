using System.ComponentModel.DataAnnotations;

namespace Rlhf.Core.Options;

/// <summary>How a tie between two completions enters the reward model's loss.</summary>
public enum TieLoss
{
    /// <summary>The mean loss of both orders, which pulls the two scores together.</summary>
    Half,

    /// <summary>Not at all; the other pairs keep their weight 1/C(K,2).</summary>
    Nothing,
}

/// <summary>Training of a reward model on rankings.</summary>
public sealed record RewardOptions : ComputeOptions, IEpochOptions
{
    /// <summary>
    /// Folder of the model whose decoder the reward model starts from; empty = the policy that the pipeline samples from.
    /// </summary>
    [FilePath]
    public string Model { get; init; } = "";

    /// <summary>
    /// Folder of a reward model to continue training, with the same tokenizer; empty = a new head on the model's decoder.
    /// </summary>
    [FilePath]
    public string RewardModel { get; init; } = "";

    /// <summary>
    /// A file of rankings (rankings.jsonl of an earlier run); empty = the dataset of the pipeline's collect stage.
    /// </summary>
    [FilePath]
    public string Rankings { get; init; } = "";

    /// <summary>Passes over the training rankings. Usually 1, because reward models overfit quickly.</summary>
    [Range(1, 1000)]
    public int Epochs { get; init; } = 1;

    /// <summary>Training ends after this many optimizer steps, even within an epoch; 0 = no limit.</summary>
    [Range(0, int.MaxValue)]
    public int MaxSteps { get; init; }

    /// <summary>Prompts per optimizer step, each with all of its completions.</summary>
    [Range(1, 65536)]
    public int BatchSize { get; init; } = 16;

    /// <summary>Maximum prompts per forward pass; 0 = the whole batch. A smaller value needs less memory and gives the same step.</summary>
    [Range(0, 65536)]
    public int MicroBatchSize { get; init; }

    /// <summary>
    /// Maximum tokens of prompt and completion together. If there are more, the prompt is truncated at the start, then the completion
    /// at the end. 0 = the model's maximum.
    /// </summary>
    [Range(0, 1048576)]
    public int MaxLength { get; init; }

    /// <summary>The highest learning rate, reached after the warm-up.</summary>
    [Range(0.0, 10.0)]
    public double LearningRate { get; init; } = 3e-4;

    /// <summary>The learning rate rises linearly from 0 over this share of all steps, then falls along a half cosine.</summary>
    [Range(0.0, 1.0)]
    public double WarmupShare { get; init; } = 0.05;

    /// <summary>Decoupled weight decay of AdamW, applied to matrices only (not to norms and biases).</summary>
    [Range(0.0, 1.0)]
    public double WeightDecay { get; init; } = 0.01;

    /// <summary>AdamW's decay of the first moment.</summary>
    [Range(0.0, 0.999999)]
    public double Beta1 { get; init; } = 0.9;

    /// <summary>AdamW's decay of the second moment.</summary>
    [Range(0.0, 0.999999)]
    public double Beta2 { get; init; } = 0.999;

    /// <summary>
    /// AdamW's ε, added to the root of the second moment. Must be more than 0: otherwise weights without a gradient become NaN.
    /// </summary>
    [Range(0.0, 1.0, MinimumIsExclusive = true)]
    public double Epsilon { get; init; } = 1e-5;

    /// <summary>Gradients with a larger norm are scaled down to this norm; 0 = no clipping.</summary>
    [Range(0.0, 1e9)]
    public double MaxGradientNorm { get; init; } = 1;

    /// <summary>How a tie enters the loss: half (the mean loss of both orders) or not at all.</summary>
    public TieLoss Ties { get; init; } = TieLoss.Half;

    /// <summary>Margin of the pairwise loss for each place between the two completions in the ranking.</summary>
    [Range(0.0, 100.0)]
    public double MarginPerPlace { get; init; }

    /// <summary>
    /// Margin of the pairwise loss for each unit of stated strength and each place between the two completions in the ranking.
    /// </summary>
    [Range(0.0, 100.0)]
    public double MarginPerStrength { get; init; }

    /// <summary>Weight of the penalty (r₁ + r₂)², which keeps scores centered at 0; usually 0.01, 0 = off.</summary>
    [Range(0.0, 100.0)]
    public double Centering { get; init; }

    /// <summary>
    /// The share of prompts that is held out from training and used for the accuracy, by hash of the prompt, if the rankings name no
    /// split. Rankings of a collect stage name one, and each prompt keeps its side.
    /// </summary>
    [Range(0.0, 0.9)]
    public double HeldOutShare { get; init; } = 0.1;

    /// <summary>
    /// After training, the scores are normalized to mean 0 and variance 1 over this many samples of the reference policy on held-out
    /// prompts (gain and bias in config.json); 0 = no normalization.
    /// </summary>
    [Range(0, 1000000)]
    public int NormalizationSamples { get; init; } = 256;

    /// <summary>
    /// The number of steps between evaluations on the held-out prompts; 0 = only at the end. There is always one at the end.
    /// </summary>
    [Range(0, int.MaxValue)]
    public int EvaluateEvery { get; init; }

    /// <summary>The number of steps between reports of metrics.</summary>
    [Range(1, int.MaxValue)]
    public int LogEvery { get; init; } = 10;

    /// <summary>A reward model's learning rate always falls to 0.</summary>
    double IEpochOptions.FinalLearningRateShare => 0;
}

using System.ComponentModel.DataAnnotations;

namespace Rlhf.Core.Options;

/// <summary>What a tie between two completions adds to the reward model's loss.</summary>
public enum TieLoss
{
    /// <summary>Half the loss of either order: the two scores are drawn together.</summary>
    Half,

    /// <summary>Nothing; the other pairs keep their weight 1/C(K,2).</summary>
    Nothing,
}

/// <summary>Training of a reward model on rankings.</summary>
public sealed record RewardOptions : StageOptions, IEpochOptions
{
    /// <summary>Folder of the model whose trunk the reward model starts from; empty = the policy that the pipeline samples from.</summary>
    public string Model { get; init; } = "";

    /// <summary>Folder of a reward model to continue training, with the same tokenizer; empty = a new head on the model's trunk.</summary>
    public string RewardModel { get; init; } = "";

    /// <summary>
    /// A file of rankings (rankings.jsonl of an earlier run); empty = the dataset of the pipeline's collect stage.
    /// </summary>
    public string Rankings { get; init; } = "";

    /// <summary>Passes over the training rankings. One is usual: reward models overfit soon.</summary>
    [Range(1, 1000)]
    public int Epochs { get; init; } = 1;

    /// <summary>Ends after this many optimizer steps, even before the epochs are over; 0 = no limit.</summary>
    [Range(0, int.MaxValue)]
    public int MaxSteps { get; init; }

    /// <summary>Prompts in an optimizer step, each with all of its completions.</summary>
    [Range(1, 65536)]
    public int BatchSize { get; init; } = 16;

    /// <summary>Prompts in one forward pass, at most; 0 = the whole batch. Smaller needs less memory and gives the same step.</summary>
    [Range(0, 65536)]
    public int MicroBatchSize { get; init; }

    /// <summary>
    /// Tokens of prompt and completion together, at most; longer prompts lose their beginning, then completions their end. 0 = the model's
    /// positions.
    /// </summary>
    [Range(0, 1048576)]
    public int MaxLength { get; init; }

    /// <summary>The highest learning rate, reached after the warm-up.</summary>
    [Range(0.0, 10.0)]
    public double LearningRate { get; init; } = 3e-4;

    /// <summary>The learning rate rises from 0 over this share of all steps, then falls along a half cosine.</summary>
    [Range(0.0, 1.0)]
    public double WarmupShare { get; init; } = 0.05;

    /// <summary>Decoupled weight decay of AdamW, on matrices only (norms and biases are left alone).</summary>
    [Range(0.0, 1.0)]
    public double WeightDecay { get; init; } = 0.01;

    /// <summary>AdamW's decay of the first moment.</summary>
    [Range(0.0, 0.999999)]
    public double Beta1 { get; init; } = 0.9;

    /// <summary>AdamW's decay of the second moment.</summary>
    [Range(0.0, 0.999999)]
    public double Beta2 { get; init; } = 0.999;

    /// <summary>AdamW's ε, added to the root of the second moment; more than 0, or weights without a gradient would become NaN.</summary>
    [Range(0.0, 1.0, MinimumIsExclusive = true)]
    public double Epsilon { get; init; } = 1e-5;

    /// <summary>The gradient's norm is scaled down to this where it is larger; 0 = never.</summary>
    [Range(0.0, 1e9)]
    public double MaxGradientNorm { get; init; } = 1;

    /// <summary>What a tie adds to the loss: half (both orders, half each) or nothing.</summary>
    public TieLoss Ties { get; init; } = TieLoss.Half;

    /// <summary>The better completion's score should lead by this much for each place between the two in the ranking.</summary>
    [Range(0.0, 100.0)]
    public double MarginPerPlace { get; init; }

    /// <summary>
    /// The better completion's score should lead by this much for each unit of stated strength and each place between the two in the
    /// ranking.
    /// </summary>
    [Range(0.0, 100.0)]
    public double MarginPerStrength { get; init; }

    /// <summary>Weight of (r₁ + r₂)², which keeps the scores around 0; 0.01 is usual, 0 = off.</summary>
    [Range(0.0, 100.0)]
    public double Centering { get; init; }

    /// <summary>
    /// The share of the prompts that is never trained on and gives the accuracy, by hash of the prompt, where the rankings name no split.
    /// Those of a collect stage name one: it keeps the side that each prompt has in every data set.
    /// </summary>
    [Range(0.0, 0.9)]
    public double HeldOutShare { get; init; } = 0.1;

    /// <summary>
    /// After training, scores of this many samples of the reference policy on held-out prompts are brought to mean 0 and variance 1 (gain
    /// and bias in config.json); 0 = leave them.
    /// </summary>
    [Range(0, 1000000)]
    public int NormalizationSamples { get; init; } = 256;

    /// <summary>
    /// The number of steps between evaluations on the held-out prompts; there is always one at the end, and with 0 no other.
    /// </summary>
    [Range(0, int.MaxValue)]
    public int EvaluateEvery { get; init; }

    /// <summary>The number of steps between reports of metrics.</summary>
    [Range(1, int.MaxValue)]
    public int LogEvery { get; init; } = 10;

    /// <summary>A reward model's learning rate always falls to 0.</summary>
    double IEpochOptions.FinalLearningRateShare => 0;
}

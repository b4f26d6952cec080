using System.ComponentModel.DataAnnotations;

namespace Rlhf.Core.Options;

/// <summary>Estimator of the KL divergence from the reference policy at a sampled token, with d = log π − log π_ref.</summary>
public enum KlEstimator
{
    /// <summary>d itself.</summary>
    K1,

    /// <summary>d²/2.</summary>
    K2,

    /// <summary>e^(−d) − 1 + d.</summary>
    K3,

    /// <summary>The value of k3 with the gradient of k2 (in the loss only).</summary>
    K3StraightThrough,
}

/// <summary>Where the KL penalty is applied.</summary>
public enum KlPlacement
{
    /// <summary>Subtracted from the reward of each token; no gradient flows through it.</summary>
    Reward,

    /// <summary>Added to the loss, with its gradient.</summary>
    Loss,
}

/// <summary>How the score of a completion without an end-of-sequence token is penalized.</summary>
public enum MissingEosPenalty
{
    /// <summary>The penalty is subtracted from the score.</summary>
    Subtract,

    /// <summary>The score becomes minus the penalty.</summary>
    Set,
}

/// <summary>How token losses are aggregated into one number.</summary>
public enum LossAggregation
{
    /// <summary>Mean over all real tokens.</summary>
    TokenMean,

    /// <summary>Sum over the tokens of a sequence, then mean over sequences.</summary>
    SequenceMeanTokenSum,

    /// <summary>Mean over the tokens of a sequence, then mean over sequences.</summary>
    SequenceMeanTokenMean,

    /// <summary>Sum over all tokens, divided by the longest possible completion.</summary>
    SequenceSumOverLength,
}

/// <summary>Proximal policy optimization of a policy against a reward model.</summary>
public sealed record PpoOptions : ComputeOptions, ITrainingOptions, IValidatableObject
{
    /// <summary>Folder of the policy to start from, which is also the reference; empty = the pipeline's policy.</summary>
    [FilePath]
    public string Model { get; init; } = "";

    /// <summary>Folder of the reward model; empty = the result of the pipeline's reward stage.</summary>
    [FilePath]
    public string RewardModel { get; init; } = "";

    /// <summary>
    /// The prompts; left out = the pipeline's. The policy is trained on the training prompts; completions of the held-out prompts
    /// show its progress.
    /// </summary>
    public PromptOptions? Prompts { get; init; }

    /// <summary>Maximum tokens of a prompt; longer prompts are truncated at the start. 0 = no limit.</summary>
    [Range(0, 1_000_000)]
    public int MaxPromptTokens { get; init; }

    /// <summary>The number of updates. Each update samples one completion per prompt of a batch and optimizes on them.</summary>
    [Range(1, int.MaxValue)]
    public int Updates { get; init; } = 100;

    /// <summary>Prompts per update, with one completion each.</summary>
    [Range(1, 1000000)]
    public int BatchSize { get; init; } = 64;

    /// <summary>
    /// Minibatches per epoch, one optimizer step each; their sizes differ by at most one completion. At most batchSize.
    /// </summary>
    [Range(1, 1000000)]
    public int Minibatches { get; init; } = 4;

    /// <summary>Passes over the completions of an update.</summary>
    [Range(1, 1000)]
    public int Epochs { get; init; } = 4;

    /// <summary>
    /// Maximum completions per forward pass; 0 = the whole minibatch. A smaller value needs less memory and gives the same step.
    /// </summary>
    [Range(0, 1000000)]
    public int MicroBatchSize { get; init; }

    /// <summary>Maximum tokens of a completion.</summary>
    [Range(1, 1048576)]
    public int MaxNewTokens { get; init; } = 48;

    /// <summary>Logits are divided by this, both for sampling and for all log-probabilities.</summary>
    [Range(1e-3, 100.0)]
    public double Temperature { get; init; } = 0.7;

    /// <summary>Learning rate of the policy.</summary>
    [Range(0.0, 10.0)]
    public double LearningRate { get; init; } = 1e-4;

    /// <summary>Learning rate of the critic; 0 = the policy's.</summary>
    [Range(0.0, 10.0)]
    public double CriticLearningRate { get; init; }

    /// <summary>The learning rates fall linearly to 0 over the updates; otherwise they stay constant.</summary>
    public bool LinearDecay { get; init; } = true;

    /// <summary>Only the critic is trained during the first updates, this many; fewer than updates.</summary>
    [Range(0, int.MaxValue)]
    public int CriticWarmupUpdates { get; init; }

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

    /// <summary>Decoupled weight decay of AdamW, applied to matrices only.</summary>
    [Range(0.0, 1.0)]
    public double WeightDecay { get; init; }

    /// <summary>
    /// Gradients of the policy, and separately of the critic, with a larger norm are scaled down to this norm; 0 = no clipping.
    /// </summary>
    [Range(0.0, 1e9)]
    public double MaxGradientNorm { get; init; } = 1;

    /// <summary>Coefficient β of the KL penalty against the reference; with klTarget, its initial value.</summary>
    [Range(0.0, 1000.0)]
    public double KlCoefficient { get; init; } = 0.15;

    /// <summary>Target KL in nats per completion: β is adapted towards it (adaptive KL controller); 0 = β is fixed.</summary>
    [Range(0.0, 1e6)]
    public double KlTarget { get; init; }

    /// <summary>Horizon of the adaptive KL controller, in episodes; only with klTarget.</summary>
    [Range(1.0, 1e12)]
    public double KlHorizon { get; init; } = 10000;

    /// <summary>
    /// Estimator of the KL divergence: k1 (only in the reward), k2, k3 or k3StraightThrough (only in the loss). Only k1 in the reward
    /// and k2 in the loss have the optimum π_ref·exp(r/β); the others are biased.
    /// </summary>
    public KlEstimator KlEstimator { get; init; } = KlEstimator.K1;

    /// <summary>Where the KL penalty is applied: reward or loss.</summary>
    public KlPlacement KlPlacement { get; init; } = KlPlacement.Reward;

    /// <summary>The penalty for a completion without an end-of-sequence token.</summary>
    [Range(0.0, 1e6)]
    public double MissingEosPenalty { get; init; } = 1;

    /// <summary>How that penalty is applied: subtract or set.</summary>
    public MissingEosPenalty MissingEos { get; init; } = Options.MissingEosPenalty.Subtract;

    /// <summary>Rewards are scaled to variance 1, keeping their mean, before advantages are computed.</summary>
    public bool WhitenRewards { get; init; }

    /// <summary>Discount factor γ of later rewards.</summary>
    [Range(0.0, 1.0)]
    public double Gamma { get; init; } = 1;

    /// <summary>λ of generalized advantage estimation: 0 = one step, 1 = the whole completion.</summary>
    [Range(0.0, 1.0)]
    public double Lambda { get; init; } = 0.95;

    /// <summary>The probability ratio is clipped this far below 1.</summary>
    [Range(0.0, 1.0)]
    public double ClipRange { get; init; } = 0.2;

    /// <summary>The probability ratio is clipped this far above 1; 0 = the same as clipRange.</summary>
    [Range(0.0, 100.0)]
    public double ClipRangeHigh { get; init; }

    /// <summary>
    /// Dual clip: where the advantage A is negative, the loss is at most this times −A. More than 1, usually 3; 0 = off.
    /// </summary>
    [Range(0.0, 1000.0)]
    public double DualClip { get; init; }

    /// <summary>The critic's new value is clipped to within this distance of the old value.</summary>
    [Range(0.0, 1e6)]
    public double ClipRangeValue { get; init; } = 0.2;

    /// <summary>Weight of the value loss.</summary>
    [Range(0.0, 1000.0)]
    public double ValueCoefficient { get; init; } = 0.1;

    /// <summary>How token losses are aggregated into one number.</summary>
    public LossAggregation Aggregation { get; init; } = LossAggregation.TokenMean;

    /// <summary>
    /// Stops the epochs of an update early when approxkl exceeds this; 0 = never. Needs more than one optimizer step per update.
    /// </summary>
    [Range(0.0, 1e6)]
    public double StopAtApproxKl { get; init; }

    /// <summary>Weight of a language-modeling loss on pretraining text (PTX); 0 = off.</summary>
    [Range(0.0, 1e6)]
    public double PtxCoefficient { get; init; }

    /// <summary>
    /// The pretraining text: "grammar", or a UTF-8 file with documents separated by lines "&lt;|endoftext|&gt;". Used only if
    /// ptxCoefficient is not 0.
    /// </summary>
    [Required]
    [FilePath("grammar")]
    public string PtxText { get; init; } = "grammar";

    /// <summary>
    /// Decay per optimizer step of an exponential moving average (EMA) of the policy's weights, which becomes the result; 0 = off.
    /// </summary>
    [Range(0.0, 0.999999)]
    public double EmaDecay { get; init; }

    /// <summary>
    /// The number of updates between samples of the evaluation prompts; 0 = only before the first and after the last update. These two
    /// are always made.
    /// </summary>
    [Range(0, int.MaxValue)]
    public int EvaluateEvery { get; init; } = 25;

    /// <summary>The number of held-out prompts sampled during training, each time with the same random numbers.</summary>
    [Range(0, 100000)]
    public int EvaluationPrompts { get; init; } = 16;

    /// <summary>A message about options that have no effect together; null if there are none.</summary>
    public string? FindConflict() => PpoConflicts.Find(this);

    IEnumerable<ValidationResult> IValidatableObject.Validate(ValidationContext validationContext) =>
        FindConflict() is { } conflict ? [new ValidationResult(conflict)] : [];
}

using System.ComponentModel.DataAnnotations;

namespace Rlhf.Core.Options;

/// <summary>How the divergence from the reference policy is estimated from one sampled token, d = log π − log π_ref.</summary>
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

/// <summary>Where the divergence is charged.</summary>
public enum KlPlacement
{
    /// <summary>Subtracted from the reward of each token.</summary>
    Reward,

    /// <summary>Added to the loss, with its gradient.</summary>
    Loss,
}

/// <summary>What happens to the score of a completion without an end-of-sequence token.</summary>
public enum MissingEosPenalty
{
    /// <summary>The penalty is taken from the score.</summary>
    Subtract,

    /// <summary>The score becomes minus the penalty.</summary>
    Set,
}

/// <summary>How the losses of single tokens become one number.</summary>
public enum LossAggregation
{
    /// <summary>Mean over all real tokens.</summary>
    TokenMean,

    /// <summary>Sum over a sequence's tokens, mean over sequences.</summary>
    SequenceMeanTokenSum,

    /// <summary>Mean over a sequence's tokens, mean over sequences.</summary>
    SequenceMeanTokenMean,

    /// <summary>Sum over all tokens, divided by the longest possible completion.</summary>
    SequenceSumOverLength,
}

/// <summary>Proximal policy optimization of a policy against a reward model.</summary>
public sealed record PpoOptions : StageOptions, ITrainingOptions, IValidatableObject
{
    /// <summary>Folder of the policy to start from, which is also the reference; empty = the policy of the pipeline.</summary>
    public string Model { get; init; } = "";

    /// <summary>Folder of the reward model; empty = the one that the pipeline's reward stage made.</summary>
    public string RewardModel { get; init; } = "";

    /// <summary>
    /// The prompts; left out = the pipeline's. The policy is trained on the training prompts; samples of the held-out prompts show its
    /// progress.
    /// </summary>
    public PromptOptions? Prompts { get; init; }

    /// <summary>The largest number of tokens per prompt; a longer one loses its beginning. 0 = prompts stay whole.</summary>
    [Range(0, 1_000_000)]
    public int MaxPromptTokens { get; init; }

    /// <summary>The number of updates; each samples completions of a batch of prompts and optimizes on them.</summary>
    [Range(1, int.MaxValue)]
    public int Updates { get; init; } = 100;

    /// <summary>Prompts sampled in an update.</summary>
    [Range(1, 1000000)]
    public int BatchSize { get; init; } = 64;

    /// <summary>
    /// Minibatches in an epoch, that is optimizer steps; their sizes differ by one completion at most. No more than batchSize.
    /// </summary>
    [Range(1, 1000000)]
    public int Minibatches { get; init; } = 4;

    /// <summary>Passes over the update's completions.</summary>
    [Range(1, 1000)]
    public int Epochs { get; init; } = 4;

    /// <summary>
    /// Completions in one forward pass, at most; 0 = the whole minibatch. Smaller needs less memory and gives the same step.
    /// </summary>
    [Range(0, 1000000)]
    public int MicroBatchSize { get; init; }

    /// <summary>The largest number of tokens per completion.</summary>
    [Range(1, 1048576)]
    public int MaxNewTokens { get; init; } = 48;

    /// <summary>Logits are divided by this, in sampling and in every log-probability.</summary>
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

    /// <summary>The critic alone learns during this many first updates; fewer than updates.</summary>
    [Range(0, int.MaxValue)]
    public int CriticWarmupUpdates { get; init; }

    /// <summary>AdamW's decay of the first moment.</summary>
    [Range(0.0, 0.999999)]
    public double Beta1 { get; init; } = 0.9;

    /// <summary>AdamW's decay of the second moment.</summary>
    [Range(0.0, 0.999999)]
    public double Beta2 { get; init; } = 0.999;

    /// <summary>AdamW's ε, added to the root of the second moment; more than 0, or weights without a gradient would become NaN.</summary>
    [Range(0.0, 1.0, MinimumIsExclusive = true)]
    public double Epsilon { get; init; } = 1e-5;

    /// <summary>Decoupled weight decay of AdamW, on matrices only.</summary>
    [Range(0.0, 1.0)]
    public double WeightDecay { get; init; }

    /// <summary>The gradient's norm, policy and critic each by itself, is scaled down to this where it is larger; 0 = never.</summary>
    [Range(0.0, 1e9)]
    public double MaxGradientNorm { get; init; } = 1;

    /// <summary>The weight β of the divergence from the reference; with a target, where it starts.</summary>
    [Range(0.0, 1000.0)]
    public double KlCoefficient { get; init; } = 0.15;

    /// <summary>The divergence, in nats per completion, that β is steered to; 0 = β stays fixed.</summary>
    [Range(0.0, 1e6)]
    public double KlTarget { get; init; }

    /// <summary>Episodes over which the steering of β acts; only with klTarget.</summary>
    [Range(1.0, 1e12)]
    public double KlHorizon { get; init; } = 10000;

    /// <summary>
    /// Estimator of the divergence: k1 (in the reward only), k2, k3 or k3StraightThrough (in the loss only). In the reward only k1, in
    /// the loss only k2, has π_ref·exp(r/β) as its fixed point; the others drift.
    /// </summary>
    public KlEstimator KlEstimator { get; init; } = KlEstimator.K1;

    /// <summary>Where the divergence is charged: reward or loss.</summary>
    public KlPlacement KlPlacement { get; init; } = KlPlacement.Reward;

    /// <summary>The penalty of a completion that does not end.</summary>
    [Range(0.0, 1e6)]
    public double MissingEosPenalty { get; init; } = 1;

    /// <summary>How that penalty is charged: subtract or set.</summary>
    public MissingEosPenalty MissingEos { get; init; } = Options.MissingEosPenalty.Subtract;

    /// <summary>Rewards are brought to variance 1 before the advantages, keeping their mean.</summary>
    public bool WhitenRewards { get; init; }

    /// <summary>Discount of later rewards.</summary>
    [Range(0.0, 1.0)]
    public double Gamma { get; init; } = 1;

    /// <summary>λ of generalized advantage estimation: 0 = one step, 1 = the whole completion.</summary>
    [Range(0.0, 1.0)]
    public double Lambda { get; init; } = 0.95;

    /// <summary>The probability ratio is clipped this far below 1.</summary>
    [Range(0.0, 1.0)]
    public double ClipRange { get; init; } = 0.2;

    /// <summary>The probability ratio is clipped this far above 1; 0 = as below.</summary>
    [Range(0.0, 100.0)]
    public double ClipRangeHigh { get; init; }

    /// <summary>
    /// Dual clip: the loss at negative advantages is at most this many times the advantage; more than 1, 3 is usual; 0 = off.
    /// </summary>
    [Range(0.0, 1000.0)]
    public double DualClip { get; init; }

    /// <summary>The critic's new value is clipped this far around the old one.</summary>
    [Range(0.0, 1e6)]
    public double ClipRangeValue { get; init; } = 0.2;

    /// <summary>Weight of the value loss.</summary>
    [Range(0.0, 1000.0)]
    public double ValueCoefficient { get; init; } = 0.1;

    /// <summary>How the losses of single tokens become one number.</summary>
    public LossAggregation Aggregation { get; init; } = LossAggregation.TokenMean;

    /// <summary>Ends the epochs of an update when approxkl passes this; 0 = never. Needs more than one optimizer step per update.</summary>
    [Range(0.0, 1e6)]
    public double StopAtApproxKl { get; init; }

    /// <summary>Weight of a language-modeling loss on pretraining text (PTX); 0 = off.</summary>
    [Range(0.0, 1e6)]
    public double PtxCoefficient { get; init; }

    /// <summary>
    /// That text: "grammar", or a UTF-8 file with documents separated by lines "&lt;|endoftext|&gt;". Read only where ptxCoefficient is
    /// not 0.
    /// </summary>
    [Required]
    public string PtxText { get; init; } = "grammar";

    /// <summary>Decay, per optimizer step, of an exponential moving average of the policy, which is then the result; 0 = off.</summary>
    [Range(0.0, 0.999999)]
    public double EmaDecay { get; init; }

    /// <summary>
    /// The evaluation prompts are sampled after this many updates each time, and always before the first and after the last; 0 = only then.
    /// </summary>
    [Range(0, int.MaxValue)]
    public int EvaluateEvery { get; init; } = 25;

    /// <summary>The number of held-out prompts that are sampled during training, always with the same random numbers.</summary>
    [Range(0, 100000)]
    public int EvaluationPrompts { get; init; } = 16;

    /// <summary>What is wrong with options that cannot act together, in words for the user; null where all can.</summary>
    public string? FindConflict() => PpoConflicts.Find(this);

    IEnumerable<ValidationResult> IValidatableObject.Validate(ValidationContext validationContext) =>
        FindConflict() is { } conflict ? [new ValidationResult(conflict)] : [];
}

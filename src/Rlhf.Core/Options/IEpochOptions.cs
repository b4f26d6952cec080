namespace Rlhf.Core.Options;

/// <summary>The common options of training on a fixed dataset: epochs of batches, with AdamW.</summary>
public interface IEpochOptions : ITrainingOptions
{
    public int Epochs { get; }

    public int MaxSteps { get; }

    public int BatchSize { get; }

    public int MicroBatchSize { get; }

    public double LearningRate { get; }

    public double WarmupShare { get; }

    /// <summary>The final learning rate of the cosine schedule, as a share of the highest.</summary>
    public double FinalLearningRateShare { get; }

    public double WeightDecay { get; }

    public double Beta1 { get; }

    public double Beta2 { get; }

    public double Epsilon { get; }

    public double MaxGradientNorm { get; }

    public int EvaluateEvery { get; }

    public int LogEvery { get; }
}

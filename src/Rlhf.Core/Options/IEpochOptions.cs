namespace Rlhf.Core.Options;

/// <summary>What the options of every training on fixed data have in common: passes over rows in batches, with AdamW.</summary>
public interface IEpochOptions : ITrainingOptions
{
    public int Epochs { get; }

    public int MaxSteps { get; }

    public int BatchSize { get; }

    public int MicroBatchSize { get; }

    public double LearningRate { get; }

    public double WarmupShare { get; }

    /// <summary>The share of the highest learning rate at which the cosine ends.</summary>
    public double FinalLearningRateShare { get; }

    public double WeightDecay { get; }

    public double Beta1 { get; }

    public double Beta2 { get; }

    public double Epsilon { get; }

    public double MaxGradientNorm { get; }

    public int EvaluateEvery { get; }

    public int LogEvery { get; }
}

namespace Rlhf.Core.Options;

/// <summary>The options of a stage that trains weights: its number format must hold gradients, so fp16 is refused.</summary>
public interface ITrainingOptions;

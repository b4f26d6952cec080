namespace Rlhf.Core.Options;

/// <summary>Marks the options of a stage that trains weights. fp16 is refused there, because small gradients become 0 in it.</summary>
public interface ITrainingOptions;

namespace Rlhf.Training;

/// <summary>
/// A loss, a gradient or an output of a model in training is not finite. The run failed, but not because of bad input: the same options
/// may work with other data. The message names the number, the step, and what may help.
/// </summary>
public sealed class TrainingDivergedException(string message) : Exception(message);

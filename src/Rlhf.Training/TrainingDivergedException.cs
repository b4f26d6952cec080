namespace Rlhf.Training;

/// <summary>
/// A loss, a gradient or the output of a model in training is no longer finite. The run has failed, but not by bad input: the same
/// options may well do on other data. The message names what became non-finite, when, and what may help.
/// </summary>
public sealed class TrainingDivergedException(string message) : Exception(message);

namespace Rlhf.Pipeline.Hub;

/// <summary>How the hub deals with runs.</summary>
/// <param name="LeaseSeconds">A run whose executor is not heard of for so long is taken from it.</param>
/// <param name="MaxAttempts">How often a run that crashed or was killed is started in all.</param>
public sealed record HubSettings(double LeaseSeconds = 30, int MaxAttempts = 2);

namespace Rlhf.Pipeline.Hub;

/// <summary>How the hub deals with runs.</summary>
/// <param name="LeaseSeconds">A run whose executor sends no heartbeat for so long is taken from it.</param>
/// <param name="MaxFailures">A run that has failed so often is not tried again; the same failure twice in a row ends it earlier.</param>
/// <param name="WaitSeconds">How often the projects that runs wait for are looked at: what other processes write is told by nobody.</param>
public sealed record HubSettings(double LeaseSeconds = 30, int MaxFailures = 3, double WaitSeconds = 60);

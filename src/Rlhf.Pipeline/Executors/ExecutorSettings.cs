using Rlhf.Pipeline.Runs;

namespace Rlhf.Pipeline.Executors;

/// <summary>Who an executor is and how it works.</summary>
/// <param name="Name">Shown beside the runs it executes: machine and process.</param>
/// <param name="Home">The home folder that holds the runs.</param>
/// <param name="Command">What starts a run's process.</param>
public sealed record ExecutorSettings(string Name, string Home, ChildCommand Command)
{
    public static string DefaultName => $"{Environment.MachineName}/{Environment.ProcessId}";
}

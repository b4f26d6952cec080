using Rlhf.Pipeline.Runs;
using Rlhf.Storage;

namespace Rlhf.Pipeline.Executors;

/// <summary>The name of an executor, where its runs lie, and what it starts.</summary>
/// <param name="Name">Shown beside the runs it executes: machine and process.</param>
/// <param name="Home">The home folder that holds the runs.</param>
/// <param name="Command">What starts a run's process.</param>
public sealed record ExecutorSettings(string Name, Home Home, ChildCommand Command)
{
    private const string HubPrefix = "hub ";

    /// <summary>How long a hub may take to answer a request for work before an executor says that none answers.</summary>
    public TimeSpan AnswerTimeout { get; init; } = TimeSpan.FromSeconds(4);

    /// <summary>Machine and process, marked where the process is the hub's.</summary>
    public static string DefaultName(bool insideHub) => $"{(insideHub ? HubPrefix : "")}{Environment.MachineName}/{Environment.ProcessId}";

    /// <summary>Whether an executor of this name ends with the hub's process.</summary>
    public static bool IsInsideHub(string? name) => name?.StartsWith(HubPrefix, StringComparison.Ordinal) == true;
}

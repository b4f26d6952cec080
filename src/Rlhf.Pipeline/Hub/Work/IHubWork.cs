using Rlhf.Core.Options;
using Rlhf.Pipeline.Runs;

namespace Rlhf.Pipeline.Hub.Work;

/// <summary>A stage that the hub does itself, in its own process and without torch.</summary>
public interface IHubWork
{
    /// <summary>
    /// Does the work of one run and returns its result, or a <see cref="WaitForPeople"/>: then the work is done once more when there
    /// is something new.
    /// </summary>
    /// <param name="folder">The attempt's folder.</param>
    /// <param name="options">The options of the stage.</param>
    /// <param name="progress">Called with what is done and the total.</param>
    /// <param name="stop">Ends the work.</param>
    public Task<object> RunAsync(AttemptFolder folder, StageOptions options, Action<long, long> progress, CancellationToken stop);
}

/// <summary>What is returned instead of a result by work that needs people first.</summary>
/// <param name="Reason">What is waited for, as the run's reason says it.</param>
/// <param name="SoFar">What is done already; kept in the run's row, where the work finds it when it is done once more.</param>
public sealed record WaitForPeople(string Reason, object SoFar);

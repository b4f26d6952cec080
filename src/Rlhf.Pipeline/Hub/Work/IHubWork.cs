using Rlhf.Core.Options;
using Rlhf.Pipeline.Runs;

namespace Rlhf.Pipeline.Hub.Work;

/// <summary>A stage that the hub does itself, in its own process and without torch.</summary>
public interface IHubWork
{
    /// <summary>Does the work of one run and returns its result.</summary>
    /// <param name="folder">The attempt's folder.</param>
    /// <param name="options">The options of the stage.</param>
    /// <param name="progress">Called with what is done and the total.</param>
    /// <param name="stop">Ends the work.</param>
    public Task<object> RunAsync(AttemptFolder folder, StageOptions options, Action<long, long> progress, CancellationToken stop);
}

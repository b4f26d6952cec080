using System.Text.Json.Nodes;
using System.Text.Json.Serialization;

namespace Rlhf.Storage.Changes;

/// <summary>
/// Something that happened in the hub, for all subscribers. The rows are the truth; a change says which to read again.
/// </summary>
/// <param name="Sequence">Its place in the feed. <see cref="ChangeFeed.Publish"/> assigns it, whatever it was before.</param>
/// <param name="Type">One of <see cref="ChangeTypes"/>.</param>
/// <param name="PipelineRunId">The pipeline run that it belongs to, if any.</param>
/// <param name="RunId">The run that it belongs to, if any.</param>
/// <param name="Payload">A few values, by name. Not changed after it was published.</param>
[method: JsonConstructor]
public sealed record Change(long Sequence, string Type, Guid? PipelineRunId, Guid? RunId, DateTimeOffset At, JsonObject Payload)
{
    /// <summary>A change to publish.</summary>
    public Change(string type, Guid? pipelineRun, Guid? run, DateTimeOffset at, JsonObject payload)
        : this(0, type, pipelineRun, run, at, payload)
    {
    }
}

using Microsoft.Extensions.Logging;
using Rlhf.Contracts;

namespace Rlhf.Pipeline.Hub.Planning;

/// <summary>Plans the runs of stages: hashes model folders and writes data sets.</summary>
public sealed class PlanningLoop(StageStarter starter, ILogger<PlanningLoop> logger) : WorkLoop<StartStage>(logger)
{
    protected override Task HandleAsync(StartStage work, CancellationToken stop) =>
        starter.StartAsync(work.PipelineRunId, work.RunId, stop);
}

using MassTransit;
using Rlhf.Contracts;
using Rlhf.Core;
using Rlhf.Definitions.Pipelines;
using Rlhf.Pipeline.Stages;
using Rlhf.Storage.Entities;
using Rlhf.Storage.Runs;

namespace Rlhf.Pipeline.Hub.Pipelines;

/// <summary>Starts a pipeline run, or goes on with it, from its row.</summary>
public sealed class PipelineStarter(PipelineRuns runs, IBus bus)
{
    /// <param name="id">The pipeline run.</param>
    /// <param name="definition">Its resolved pipeline as JSON. One that cannot be read (another version wrote it) ends the run.</param>
    /// <param name="stop">Ends the wait.</param>
    public async Task StartAsync(Guid id, string definition, CancellationToken stop)
    {
        PipelineFile pipeline;
        try
        {
            pipeline = PipelineFile.FromJson(definition, StageTable.Catalog.Options, $"pipeline run {id}");
        }
        catch (UserError e)
        {
            await runs.StopAsync(id, RunState.Failed, e.Message, stop);
            return;
        }
        await bus.Publish(new StartPipeline(id, [.. pipeline.Stages.Select(s => s.Kind)]), stop);
    }
}

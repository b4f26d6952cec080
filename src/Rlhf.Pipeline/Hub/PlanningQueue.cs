using System.Threading.Channels;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Rlhf.Contracts;

namespace Rlhf.Pipeline.Hub;

/// <summary>
/// Plans the runs of stages in a loop of its own: planning hashes model folders and writes data sets, which may take longer than
/// a broker waits for a consumer. A command that is lost here with the process comes again: <see cref="PipelineRecovery"/> repeats it.
/// </summary>
public sealed class PlanningQueue(StageStarter starter, ILogger<PlanningQueue> logger) : BackgroundService
{
    private readonly Channel<StartStage> _commands = Channel.CreateUnbounded<StartStage>(new UnboundedChannelOptions { SingleReader = true });

    public void Add(StartStage command) => _commands.Writer.TryWrite(command);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await foreach (var command in _commands.Reader.ReadAllAsync(stoppingToken))
        {
            try
            {
                await starter.StartAsync(command.PipelineRunId, command.RunId, stoppingToken);
            }
            catch (Exception e) when (e is not OperationCanceledException)
            {
                // The database could not be asked or written. The command comes again.
                logger.LogError(e, "Stage {Stage} of pipeline run {PipelineRun} could not be started; trying again", command.Stage, command.PipelineRunId);
            }
        }
    }
}

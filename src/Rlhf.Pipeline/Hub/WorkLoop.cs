using System.Threading.Channels;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Rlhf.Pipeline.Hub.Pipelines;

namespace Rlhf.Pipeline.Hub;

/// <summary>
/// Work that consumers hand over, done one after another in a loop of its own: a broker ends a delivery that takes long, so
/// nothing heavy happens inside a consumer. Work that is lost with the process is started again by
/// <see cref="PipelineRecovery"/>, from the rows.
/// </summary>
public abstract class WorkLoop<T>(ILogger logger) : BackgroundService
{
    private readonly Channel<T> _work = Channel.CreateUnbounded<T>(new UnboundedChannelOptions { SingleReader = true });

    public void Add(T work) => _work.Writer.TryWrite(work);

    protected sealed override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await foreach (var work in _work.Reader.ReadAllAsync(stoppingToken))
        {
            try
            {
                await HandleAsync(work, stoppingToken);
            }
            catch (Exception e) when (e is not OperationCanceledException)
            {
                logger.LogError(e, "{Work} could not be done; it is tried again", work);
            }
        }
    }

    protected abstract Task HandleAsync(T work, CancellationToken stop);
}

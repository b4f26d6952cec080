using MassTransit;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Rlhf.Pipeline.Executors;
using Rlhf.Storage;

namespace Rlhf.Pipeline.Hub;

/// <summary>Sends what lies in the outbox, in order, and marks it as sent. A message may be sent twice: every consumer is idempotent.</summary>
public sealed class OutboxSender(RlhfDatabase database, IBus bus, OutboxSignal signal, TimeProvider clock, ILogger<OutboxSender> logger) : BackgroundService
{
    private static readonly TimeSpan LookAgain = TimeSpan.FromSeconds(2);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await SendAllAsync(stoppingToken);
            }
            catch (Exception e) when (e is not OperationCanceledException)
            {
                logger.LogError(e, "The outbox could not be sent; trying again");
            }
            await signal.WaitAsync(LookAgain, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task SendAllAsync(CancellationToken stop)
    {
        await using var context = database.OpenReadContext();
        var waiting = await context.OutboxMessages.Where(m => m.Sent == null).OrderBy(m => m.Created).ThenBy(m => m.Id).ToListAsync(stop);
        foreach (var message in waiting)
        {
            await bus.Publish(Outbox.Read(message), stop);
            await database.WriteAsync(write => write.OutboxMessages.Where(m => m.Id == message.Id)
                .ExecuteUpdateAsync(set => set.SetProperty(m => m.Sent, clock.GetUtcNow()), stop), stop);
        }
    }
}

/// <summary>Says that something was put into the outbox.</summary>
public sealed class OutboxSignal : Signal;

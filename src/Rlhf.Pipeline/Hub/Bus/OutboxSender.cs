using System.Text.Json;
using MassTransit;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Rlhf.Pipeline.Executors;
using Rlhf.Pipeline.Hub.Watch;
using Rlhf.Storage;
using Rlhf.Storage.Entities;

namespace Rlhf.Pipeline.Hub.Bus;

/// <summary>
/// Sends what lies in the outbox, in order, and marks it as sent. A message may be sent twice: every consumer is idempotent.
/// </summary>
public sealed class OutboxSender(RlhfDatabase database, IBus bus, OutboxSignal signal, TimeProvider clock, ILogger<OutboxSender> logger)
    : BackgroundService
{
    private static readonly TimeSpan LookAgain = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan PurgeInterval = TimeSpan.FromHours(1);
    private static readonly TimeSpan Kept = TimeSpan.FromDays(1);

    private readonly RepeatedFault _fault = new(logger, clock);
    private DateTimeOffset _purged;

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
                _fault.Log(e, "The outbox could not be sent");
            }
            await signal.WaitAsync(LookAgain, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task SendAllAsync(CancellationToken stop)
    {
        await using var context = database.OpenReadContext();
        var waiting = await context.OutboxMessages.Where(m => m.Sent == null && m.Failed == null).OrderBy(m => m.Created).ThenBy(m => m.Id)
            .ToListAsync(stop);
        foreach (var message in waiting)
        {
            if (TryRead(message) is not { } content)
            {
                await GiveUpAsync(message, stop);
                continue;
            }
            await bus.Publish(content, stop);
            var now = clock.GetUtcNow();
            await database.WriteAsync(write => write.OutboxMessages.Where(m => m.Id == message.Id)
                .ExecuteUpdateAsync(set => set.SetProperty(m => m.Sent, now), stop), stop);
        }
        await PurgeAsync(stop);
    }

    private object? TryRead(OutboxMessage message)
    {
        try
        {
            return Outbox.Read(message);
        }
        catch (Exception e) when (e is JsonException or InvalidDataException or TypeLoadException or NotSupportedException)
        {
            logger.LogError(e, "Outbox message {Id} of type {Type} cannot be read and is skipped; the messages after it are sent",
                message.Id, message.Type);
            return null;
        }
    }

    private async Task GiveUpAsync(OutboxMessage message, CancellationToken stop)
    {
        DateTimeOffset? now = clock.GetUtcNow();
        await database.WriteAsync(write => write.OutboxMessages.Where(m => m.Id == message.Id)
            .ExecuteUpdateAsync(set => set
                .SetProperty(m => m.Failed, now)
                .SetProperty(m => m.Error, "cannot be read")
                .SetProperty(m => m.Attempts, m => m.Attempts + 1), stop), stop);
    }

    /// <summary>Deletes messages that were sent a day ago; checks once an hour.</summary>
    private async Task PurgeAsync(CancellationToken stop)
    {
        var now = clock.GetUtcNow();
        if (now - _purged < PurgeInterval)
            return;
        _purged = now;
        DateTimeOffset? old = now - Kept;
        await database.WriteAsync(write => write.OutboxMessages.Where(m => m.Sent < old).ExecuteDeleteAsync(stop), stop);
    }
}

/// <summary>Says that something was put into the outbox.</summary>
public sealed class OutboxSignal : Signal;

using System.Text.Json;
using Rlhf.Contracts;
using Rlhf.Storage;
using Rlhf.Storage.Entities;

namespace Rlhf.Pipeline.Hub.Bus;

/// <summary>
/// Messages that are written in the transaction of the change that they announce, and sent afterwards: a hub that is killed in
/// between sends them when it is started again.
/// </summary>
public static class Outbox
{
    /// <summary>To be called inside a write; <see cref="OutboxSender"/> sends it.</summary>
    public static void Add(RlhfDbContext context, object message, TimeProvider clock) => context.OutboxMessages.Add(new OutboxMessage
    {
        Type = message.GetType().FullName!,
        Body = JsonSerializer.Serialize(message, message.GetType()),
        Created = clock.GetUtcNow(),
    });

    /// <summary>The message of a row.</summary>
    public static object Read(OutboxMessage row)
    {
        // Only our own contracts are ever made from a row.
        var type = typeof(StageCompleted).Assembly.GetType(row.Type, throwOnError: true)!;
        return JsonSerializer.Deserialize(row.Body, type) ?? throw new InvalidDataException($"Outbox message {row.Id} is empty");
    }
}

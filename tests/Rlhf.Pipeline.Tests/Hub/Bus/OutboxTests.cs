using Microsoft.EntityFrameworkCore;
using Rlhf.Pipeline.Hub.Bus;
using Rlhf.Storage;
using Rlhf.Storage.Entities;
using Rlhf.Testing;

namespace Rlhf.Pipeline.Tests.Hub.Bus;

public sealed class OutboxTests : IDisposable
{
    private readonly TemporaryFolder _place = new();

    public void Dispose() => _place.Dispose();

    [Theory]
    [InlineData("Rlhf.Contracts.RunQueued", "{")]
    [InlineData("Rlhf.Contracts.NoSuchMessage", "{}")]
    [InlineData("System.Diagnostics.Process", "{}")]
    [InlineData("Rlhf.Contracts.RunQueued", "null")]
    public async Task A_row_that_cannot_be_read_is_left_aside_and_does_not_block_the_next(string type, string body)
    {
        var stop = TestContext.Current.CancellationToken;
        var home = Home.Open(_place["home"]);
        using (var database = await RlhfDatabase.OpenAsync(home.Database, stop))
        {
            await database.WriteAsync(context =>
            {
                context.OutboxMessages.Add(new OutboxMessage { Type = type, Body = body, Created = DateTimeOffset.UtcNow.AddMinutes(-1) });
                Outbox.Add(context, new Contracts.RunQueued(Guid.NewGuid()), TimeProvider.System);
                context.OutboxMessages.Add(new OutboxMessage
                {
                    Type = "Rlhf.Contracts.RunQueued",
                    Body = "{}",
                    Created = DateTimeOffset.UtcNow.AddDays(-3),
                    Sent = DateTimeOffset.UtcNow.AddDays(-2),
                });
                return Task.CompletedTask;
            }, stop);
        }
        await using var hub = await TestHub.StartAsync(home, command: null);
        OutboxMessage[] rows;
        do
        {
            await Task.Yield();
            await using var context = hub.Database.OpenReadContext();
            rows = await context.OutboxMessages.OrderBy(m => m.Created).ToArrayAsync(stop);
        }
        while (rows.Length > 2);

        // What was sent days ago is gone; purging comes after sending, so both others have been dealt with.
        Assert.True(rows[0] is { Sent: null, Failed: not null, Error: not null, Attempts: 1 });
        Assert.True(rows[1] is { Sent: not null, Failed: null });
    }
}

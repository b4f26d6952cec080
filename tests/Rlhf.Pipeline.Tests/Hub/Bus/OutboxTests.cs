using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Rlhf.Pipeline.Hub.Bus;
using Rlhf.Pipeline.Hub.Watch;
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
        var rows = await WaitLimit.UntilAsync("the purge of the outbox", async look =>
        {
            await using var context = hub.Database.OpenReadContext();
            return await context.OutboxMessages.OrderBy(m => m.Created).ToArrayAsync(look);
        }, rows => rows.Length == 2);

        // What was sent days ago is gone; purging comes after sending, so both others have been dealt with.
        Assert.True(rows[0] is { Sent: null, Failed: not null, Error: not null, Attempts: 1 });
        Assert.True(rows[1] is { Sent: not null, Failed: null });
    }

    /// <summary>The disk of the database is full: told once, not at every try, and a command ends on it.</summary>
    [Fact]
    public async Task A_database_that_cannot_be_written_is_told_of_once_and_found_broken_after_a_lease()
    {
        var stop = TestContext.Current.CancellationToken;
        var clock = new SetClock();
        using var log = new RecordingLog();
        using var failed = new SemaphoreSlim(0);
        await using var hub = await TestHub.StartAsync(Home.Open(_place["home"]), command: null, configure: services =>
        {
            services.AddSingleton<TimeProvider>(clock);
            services.AddLogging(logging => logging.SetMinimumLevel(LogLevel.Error).AddProvider(log));
        });
        await hub.Database.WriteAsync(async context =>
        {
            Outbox.Add(context, new Contracts.RunQueued(Guid.NewGuid()), clock);
            await context.Database.ExecuteSqlRawAsync(
                "CREATE TRIGGER full BEFORE UPDATE ON OutboxMessages BEGIN SELECT RAISE(ABORT, 'database or disk is full'); END", stop);
        }, stop);
        hub.Database.WriteFailed += _ => failed.Release();
        var watch = hub.Services.GetRequiredService<DatabaseWatch>();
        var signal = hub.Services.GetRequiredService<OutboxSignal>();

        // Every ten seconds of the clock another try, for a lease of thirty.
        for (int tries = 0; !watch.Broken.IsCancellationRequested; tries++)
        {
            Assert.True(tries < 10, "it is never found broken");
            signal.Set();
            Assert.True(await failed.WaitAsync(WaitLimit.Patience, stop), "the outbox is not tried again");
            clock.Advance(10);
        }
        Assert.Contains("database or disk is full", watch.Reason, StringComparison.Ordinal);
        Assert.StartsWith("The outbox could not be sent; trying again: ",
            Assert.Single(log.Lines, line => line.Contains("outbox", StringComparison.OrdinalIgnoreCase)), StringComparison.Ordinal);
    }
}

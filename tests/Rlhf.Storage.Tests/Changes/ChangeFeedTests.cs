using System.Globalization;
using Rlhf.Storage.Changes;

namespace Rlhf.Storage.Tests.Changes;

public sealed class ChangeFeedTests
{
    private readonly SetClock _clock = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Changes_arrive_in_the_order_in_which_they_were_published()
    {
        var feed = new ChangeFeed(_clock);
        long before = feed.Latest;
        await using var reader = feed.SubscribeAsync(null, Cancellation).GetAsyncEnumerator(Cancellation);
        var first = reader.MoveNextAsync();
        Publish(feed, 0, 100);
        Assert.True(await first);
        var seen = new List<Change> { reader.Current };
        while (seen.Count < 100 && await reader.MoveNextAsync())
            seen.Add(reader.Current);
        Assert.Equal(Enumerable.Range(0, 100), seen.Select(Number));
        Assert.Equal(Enumerable.Range(1, 100).Select(i => before + i), seen.Select(change => change.Sequence));
    }

    [Fact]
    public async Task Who_comes_back_gets_what_happened_meanwhile_once()
    {
        var feed = new ChangeFeed(_clock);
        Publish(feed, 0, 10);
        long after = feed.Latest - 4;
        await using var reader = feed.SubscribeAsync(after, Cancellation).GetAsyncEnumerator(Cancellation);
        var seen = new List<int>();
        Assert.True(await reader.MoveNextAsync());
        seen.Add(Number(reader.Current));
        Publish(feed, 10, 3);
        while (seen.Count < 7 && await reader.MoveNextAsync())
            seen.Add(Number(reader.Current));
        Assert.Equal([6, 7, 8, 9, 10, 11, 12], seen);
    }

    [Fact]
    public async Task A_number_that_is_no_longer_kept_or_of_another_process_means_catch_up_and_then_on()
    {
        var feed = new ChangeFeed(_clock);
        long start = feed.Latest;
        Publish(feed, 0, ChangeFeed.ReplayLength);
        // The oldest one kept is the very next: nothing is missing.
        Assert.Equal(0, Number(await FirstAsync(feed, start)));
        Publish(feed, 0, 1);
        foreach (long number in new[] { 0, start, feed.Latest + 1000, long.MinValue, long.MaxValue })
        {
            await using var reader = feed.SubscribeAsync(number, Cancellation).GetAsyncEnumerator(Cancellation);
            Assert.True(await reader.MoveNextAsync());
            Assert.Equal(ChangeTypes.CatchUp, reader.Current.Type);
            Assert.Equal(feed.Latest, reader.Current.Sequence);
            Publish(feed, 77, 1);
            Assert.True(await reader.MoveNextAsync());
            Assert.Equal(77, Number(reader.Current));
        }
        // A later process numbers above this one, so that its numbers are not mistaken.
        _clock.Now += TimeSpan.FromMinutes(1);
        Assert.True(new ChangeFeed(_clock).Latest > feed.Latest);
    }

    [Fact]
    public async Task A_slow_reader_is_told_to_catch_up_and_holds_a_bounded_number_of_changes()
    {
        var feed = new ChangeFeed(_clock);
        await using var slow = feed.SubscribeAsync(null, Cancellation).GetAsyncEnumerator(Cancellation);
        var first = slow.MoveNextAsync();
        Publish(feed, 0, 1);
        Assert.True(await first);
        Publish(feed, 1, (ChangeFeed.SubscriberCapacity * 10) + 5);
        var seen = new List<Change>();
        while (seen.LastOrDefault()?.Sequence != feed.Latest && await slow.MoveNextAsync())
            seen.Add(slow.Current);
        Assert.True(seen.Count <= ChangeFeed.SubscriberCapacity);
        Assert.Equal(ChangeTypes.CatchUp, seen[0].Type);
        // What follows the notice has no gap.
        Assert.Equal(Enumerable.Range(0, seen.Count).Select(i => seen[0].Sequence + i), seen.Select(change => change.Sequence));
    }

    [Fact]
    public async Task Cancelling_ends_a_subscription_that_waits()
    {
        var feed = new ChangeFeed(_clock);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        await using var reader = feed.SubscribeAsync(null, stop.Token).GetAsyncEnumerator(Cancellation);
        var waiting = reader.MoveNextAsync();
        Assert.False(waiting.IsCompleted);
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await waiting);
        Publish(feed, 0, 3);
        Assert.False(await reader.MoveNextAsync());
    }

    [Fact]
    public async Task Many_subscribers_and_publishers_at_once_all_see_one_order()
    {
        var feed = new ChangeFeed(_clock);
        long start = feed.Latest;
        const int publishers = 4, each = 100;
        var readers = Enumerable.Range(0, 50).Select(_ => Task.Run(async () =>
        {
            var seen = new List<string>();
            await foreach (var change in feed.SubscribeAsync(start, Cancellation))
            {
                seen.Add(string.Create(CultureInfo.InvariantCulture, $"{change.Sequence} {Number(change)}"));
                if (seen.Count == publishers * each)
                    break;
            }
            return seen;
        }, Cancellation)).ToArray();
        await Task.WhenAll(Enumerable.Range(0, publishers).Select(p => Task.Run(() => Publish(feed, p * each, each), Cancellation)));
        var all = await Task.WhenAll(readers);
        Assert.All(all, seen => Assert.Equal(all[0], seen));
        Assert.Equal(publishers * each, all[0].Distinct().Count());
    }

    private static async Task<Change> FirstAsync(ChangeFeed feed, long after)
    {
        await using var reader = feed.SubscribeAsync(after, Cancellation).GetAsyncEnumerator(Cancellation);
        Assert.True(await reader.MoveNextAsync());
        return reader.Current;
    }

    private void Publish(ChangeFeed feed, int from, int count)
    {
        for (int i = from; i < from + count; i++)
            feed.Publish(new Change(ChangeTypes.RunProgress, null, null, _clock.Now, new() { ["number"] = i }));
    }

    private static int Number(Change change) => (int)change.Payload["number"]!;
}

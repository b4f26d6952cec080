using System.Runtime.CompilerServices;
using System.Threading.Channels;

namespace Rlhf.Storage.Changes;

/// <summary>
/// What happens in the hub, as one ordered stream to many subscribers in this process. Publishing never waits: a subscriber that
/// does not keep up is told to read the rows again (<see cref="ChangeTypes.CatchUp"/>) and loses what was queued for it.
/// Thread-safe.
/// </summary>
public sealed class ChangeFeed
{
    /// <summary>How many changes are kept for a subscriber that comes back.</summary>
    public const int ReplayLength = 2048;

    /// <summary>How many changes may wait for one subscriber.</summary>
    public const int SubscriberCapacity = 512;

    // The numbers of a feed are above those of every earlier process: one that resumes with an old number is told to catch up.
    private const long NumbersPerMillisecond = 1000;

    private readonly Lock _lock = new();
    private readonly Queue<Change> _replay = new();
    private readonly HashSet<Channel<Change>> _subscribers = [];
    private readonly TimeProvider _clock;
    private long _first;
    private long _latest;

    public ChangeFeed(TimeProvider clock)
    {
        _clock = clock;
        // Below 2^53, so that a browser reads it exactly.
        _latest = clock.GetUtcNow().ToUnixTimeMilliseconds() * NumbersPerMillisecond;
        _first = _latest + 1;
    }

    /// <summary>The number of the latest change. Take it, then read rows, then subscribe after it: nothing is missed in between.</summary>
    public long Latest
    {
        get
        {
            lock (_lock)
                return _latest;
        }
    }

    /// <summary>Gives a change the next number and hands it to every subscriber. Call it after the rows are committed.</summary>
    public void Publish(Change change)
    {
        lock (_lock)
        {
            change = change with { Sequence = ++_latest };
            _replay.Enqueue(change);
            if (_replay.Count > ReplayLength)
                _first = _replay.Dequeue().Sequence + 1;
            foreach (var subscriber in _subscribers)
                Deliver(subscriber, change);
        }
    }

    /// <summary>The changes in order, each once, until <paramref name="cancellation"/>.</summary>
    /// <param name="after">The last number that was seen; null for what happens from now on (from the first MoveNextAsync).</param>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public async IAsyncEnumerable<Change> SubscribeAsync(long? after, [EnumeratorCancellation] CancellationToken cancellation = default)
    {
        var channel = Channel.CreateBounded<Change>(
            new BoundedChannelOptions(SubscriberCapacity) { AllowSynchronousContinuations = false });
        Change[] missed;
        lock (_lock)
        {
            missed = after is { } number ? Since(number) : [];
            _subscribers.Add(channel);
        }
        try
        {
            foreach (var change in missed)
            {
                cancellation.ThrowIfCancellationRequested();
                yield return change;
            }
            while (true)
                yield return await channel.Reader.ReadAsync(cancellation);
        }
        finally
        {
            lock (_lock)
                _subscribers.Remove(channel);
        }
    }

    private Change[] Since(long number) =>
        number < _first - 1 || number > _latest ? [CatchUp()] : [.. _replay.SkipWhile(change => change.Sequence <= number)];

    private void Deliver(Channel<Change> subscriber, Change change)
    {
        if (subscriber.Writer.TryWrite(change))
            return;
        while (subscriber.Reader.TryRead(out _))
        {
        }
        // Stands for the change itself too. There is room: only this method writes, under the lock.
        subscriber.Writer.TryWrite(CatchUp());
    }

    private Change CatchUp() => new(_latest, ChangeTypes.CatchUp, null, null, _clock.GetUtcNow(), []);
}

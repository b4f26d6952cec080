namespace Rlhf.Pipeline.Executors;

/// <summary>Wakes one waiting loop; a signal that nobody waits for is kept, once.</summary>
public abstract class Signal : IDisposable
{
    private readonly SemaphoreSlim _work = new(0, 1);

    public void Set()
    {
        lock (_work)
        {
            if (_work.CurrentCount == 0)
                _work.Release();
        }
    }

    /// <summary>Until the signal or the time is up.</summary>
    public Task WaitAsync(TimeSpan atMost, CancellationToken stop) => _work.WaitAsync(atMost, stop);

    public void Dispose()
    {
        _work.Dispose();
        GC.SuppressFinalize(this);
    }
}

/// <summary>A run was queued.</summary>
public sealed class WorkSignal : Signal;

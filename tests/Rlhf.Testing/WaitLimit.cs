namespace Rlhf.Testing;

/// <summary>Waits with a limit: what never comes fails the test that awaits it, and says what it was, instead of hanging.</summary>
public static class WaitLimit
{
    /// <summary>Generous: on a busy machine everything takes longer, and only what never comes takes so long.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(10);

    /// <summary>Awaits something for at most <see cref="Patience"/>.</summary>
    /// <param name="awaited">What is awaited, for the message.</param>
    /// <param name="wait">Ends with its token, which is the test's and the limit's.</param>
    public static async Task<T> ApplyAsync<T>(string awaited, Func<CancellationToken, Task<T>> wait)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        limit.CancelAfter(Patience);
        try
        {
            return await wait(limit.Token).WaitAsync(limit.Token);
        }
        catch (OperationCanceledException e) when (!TestContext.Current.CancellationToken.IsCancellationRequested)
        {
            throw new TimeoutException($"not within {Patience.TotalSeconds:0} s: {awaited}", e);
        }
    }

    /// <summary>Looks again and again until <paramref name="holds"/>, for at most <see cref="Patience"/>.</summary>
    public static Task<T> UntilAsync<T>(string awaited, Func<CancellationToken, Task<T>> look, Predicate<T> holds) =>
        ApplyAsync(awaited, async stop =>
        {
            while (true)
            {
                var seen = await look(stop);
                if (holds(seen))
                    return seen;
                await Task.Delay(Pause, stop);
            }
        });
}

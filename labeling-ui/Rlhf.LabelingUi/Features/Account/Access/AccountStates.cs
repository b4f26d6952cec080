using System.Collections.Concurrent;
using Microsoft.EntityFrameworkCore;
using Rlhf.LabelingUi.Features.Account.Store;

namespace Rlhf.LabelingUi.Features.Account.Access;

/// <summary>
/// Accounts and tokens as they were read at most <see cref="Lifetime"/> ago, so that hardly any request waits for the database and a
/// lost role counts soon, also when another process took it away. Thread-safe.
/// </summary>
internal sealed class AccountStates(AccountsDatabase database, TimeProvider clock)
{
    public static readonly TimeSpan Lifetime = TimeSpan.FromSeconds(20);

    /// <summary>How exact the time of a token's last use is.</summary>
    private static readonly TimeSpan UseResolution = TimeSpan.FromHours(1);

    private const int MaxEntries = 10_000;

    private readonly ConcurrentDictionary<Guid, (AccountState State, DateTimeOffset Read)> _accounts = new();
    private readonly ConcurrentDictionary<string, (Guid Account, DateTimeOffset? Expires, DateTimeOffset Read)> _tokens = new();

    /// <summary>An account; null where there is none of this id.</summary>
    public async ValueTask<AccountState?> FindAsync(Guid account, CancellationToken cancellation)
    {
        var now = clock.GetUtcNow();
        if (_accounts.TryGetValue(account, out var known) && now - known.Read < Lifetime)
            return known.State;
        await using var context = database.CreateContext();
        var row = await context.Users.AsNoTracking().SingleOrDefaultAsync(a => a.Id == account, cancellation);
        if (row is null)
        {
            _accounts.TryRemove(account, out _);
            return null;
        }
        var state = AccountState.Of(row);
        Keep(_accounts, account, (state, now));
        return state;
    }

    /// <summary>The account of a token; null where the token is unknown, revoked or expired.</summary>
    public async ValueTask<AccountState?> FindByTokenAsync(string token, CancellationToken cancellation)
    {
        var now = clock.GetUtcNow();
        string hash = Secrets.Hash(token);
        if (!_tokens.TryGetValue(hash, out var known) || now - known.Read >= Lifetime)
        {
            await using var context = database.CreateContext();
            var row = await context.ApiTokens.AsNoTracking().SingleOrDefaultAsync(t => t.Hash == hash, cancellation);
            if (row is null)
            {
                _tokens.TryRemove(hash, out _);
                return null;
            }
            if (row.LastUsed is null || now - row.LastUsed >= UseResolution)
                await context.ApiTokens.Where(t => t.Id == row.Id)
                    .ExecuteUpdateAsync(set => set.SetProperty(t => t.LastUsed, now), cancellation);
            known = (row.AccountId, row.Expires, now);
            Keep(_tokens, hash, known);
        }
        return known.Expires <= now ? null : await FindAsync(known.Account, cancellation);
    }

    /// <summary>Reads the account again at its next request.</summary>
    public void Forget(Guid account) => _accounts.TryRemove(account, out _);

    /// <summary>Reads the tokens of an account again at their next use.</summary>
    public void ForgetTokens(Guid account)
    {
        foreach (var (hash, token) in _tokens)
        {
            if (token.Account == account)
                _tokens.TryRemove(hash, out _);
        }
    }

    private static void Keep<TKey, TValue>(ConcurrentDictionary<TKey, TValue> entries, TKey key, TValue value) where TKey : notnull
    {
        // Far more than are at work at once: what is removed is read again.
        if (entries.Count >= MaxEntries)
            entries.Clear();
        entries[key] = value;
    }
}

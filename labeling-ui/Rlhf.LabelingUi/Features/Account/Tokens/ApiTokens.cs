using Microsoft.EntityFrameworkCore;
using Rlhf.LabelingUi.Features.Account.Access;
using Rlhf.LabelingUi.Features.Account.Store;
using Rlhf.LabelingUi.Features.Account.Users;

namespace Rlhf.LabelingUi.Features.Account.Tokens;

/// <summary>A token in a list, without the token itself.</summary>
public sealed record TokenRow(Guid Id, string Name, DateTimeOffset Created, DateTimeOffset? Expires, DateTimeOffset? LastUsed);

/// <summary>A token that was just made: the only time that it is shown.</summary>
public sealed record NewToken(Guid Id, string Name, string Token, DateTimeOffset? Expires);

/// <summary>The tokens with which programs act for an account.</summary>
public sealed class ApiTokens
{
    public const int MaxNameLength = 100, MaxDays = 3650;

    private readonly AccountsContext _context;
    private readonly AccountStates _states;
    private readonly TimeProvider _clock;

    internal ApiTokens(AccountsContext context, AccountStates states, TimeProvider clock) =>
        (_context, _states, _clock) = (context, states, clock);

    /// <param name="account">Whose token it is.</param>
    /// <param name="name">What it is for.</param>
    /// <param name="days">How long it is valid; null: until it is revoked.</param>
    /// <param name="cancellation">Ends the waiting.</param>
    /// <exception cref="AccountRefusedException">No name, or a number of days out of range.</exception>
    public async Task<NewToken> CreateAsync(Guid account, string? name, int? days, CancellationToken cancellation = default)
    {
        if (name?.Trim() is not { Length: > 0 and <= MaxNameLength } trimmed)
            throw new AccountRefusedException(AccountRefusal.TokenNameInvalid, "name",
                $"a token's name says what it is for, in 1 … {MaxNameLength} characters");
        if (days is < 1 or > MaxDays)
            throw new AccountRefusedException(AccountRefusal.LimitInvalid, "days", $"days must be 1 … {MaxDays}; got {days}");
        string token = TokenAuthentication.Prefix + Secrets.New();
        var now = _clock.GetUtcNow();
        var row = new ApiToken
        {
            AccountId = account,
            Name = trimmed,
            Hash = Secrets.Hash(token),
            Created = now,
            Expires = days is { } given ? now.AddDays(given) : null,
        };
        _context.ApiTokens.Add(row);
        await _context.SaveChangesAsync(cancellation);
        return new NewToken(row.Id, trimmed, token, row.Expires);
    }

    public async Task<IReadOnlyList<TokenRow>> ListAsync(Guid account, CancellationToken cancellation = default) =>
        await _context.ApiTokens.AsNoTracking().Where(t => t.AccountId == account).OrderBy(t => t.Created)
            .Select(t => new TokenRow(t.Id, t.Name, t.Created, t.Expires, t.LastUsed)).ToListAsync(cancellation);

    /// <returns>False where the account has no such token.</returns>
    public async Task<bool> RevokeAsync(Guid account, Guid token, CancellationToken cancellation = default)
    {
        bool found = await _context.ApiTokens.Where(t => t.Id == token && t.AccountId == account).ExecuteDeleteAsync(cancellation) > 0;
        _states.ForgetTokens(account);
        return found;
    }
}

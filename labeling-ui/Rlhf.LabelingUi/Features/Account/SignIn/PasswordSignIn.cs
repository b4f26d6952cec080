using Microsoft.AspNetCore.Identity;
using Rlhf.LabelingUi.Features.Account.Store;

namespace Rlhf.LabelingUi.Features.Account.SignIn;

/// <summary>
/// Checks a name and a password. Unknown names, wrong passwords and locked accounts are answered alike and take the same time, so that
/// nobody learns which names exist or whether a guess was right.
/// </summary>
internal sealed class PasswordSignIn(UserManager<UserAccount> users)
{
    /// <summary>Tries at one account are made one after the other, so that all of them are counted.</summary>
    private static readonly SemaphoreSlim[] Turns = [.. Enumerable.Range(0, 16).Select(_ => new SemaphoreSlim(1, 1))];

    /// <returns>The account, which may be disabled; null where it is not let in.</returns>
    public async Task<UserAccount?> CheckAsync(string? name, string? password, CancellationToken cancellation)
    {
        name = name?.Trim() ?? "";
        var turn = Turns[(uint)name.ToUpperInvariant().GetHashCode(StringComparison.Ordinal) % Turns.Length];
        await turn.WaitAsync(cancellation);
        try
        {
            var account = name.Length == 0 ? null : await users.FindByNameAsync(name);
            if (account?.PasswordHash is null || await users.IsLockedOutAsync(account))
            {
                users.PasswordHasher.HashPassword(new UserAccount(), password ?? "");
                return null;
            }
            if (await users.CheckPasswordAsync(account, password ?? ""))
            {
                await users.ResetAccessFailedCountAsync(account);
                return account;
            }
            await users.AccessFailedAsync(account);
            return null;
        }
        finally
        {
            turn.Release();
        }
    }
}

using Microsoft.AspNetCore.Identity;
using Microsoft.EntityFrameworkCore;
using Rlhf.LabelingUi.Features.Account.Access;
using Rlhf.LabelingUi.Features.Account.Store;
using Rlhf.Storage;
using Rlhf.Storage.Entities;

namespace Rlhf.LabelingUi.Features.Account.Users;

/// <summary>The accounts of a home folder: adding, changing and removing them. The caller decides who may do this.</summary>
public sealed class Accounts
{
    private readonly UserManager<UserAccount> _users;
    private readonly AccountsContext _context;
    private readonly RlhfDatabase _database;
    private readonly AccountStates _states;
    private readonly TimeProvider _clock;

    internal Accounts(
        UserManager<UserAccount> users, AccountsContext context, RlhfDatabase database, AccountStates states, TimeProvider clock)
    {
        (_users, _context, _database, _states, _clock) = (users, context, database, states, clock);
    }

    /// <summary>Adds an account with an annotator of its own.</summary>
    /// <param name="password">Null for an account that only its tokens are used of.</param>
    /// <exception cref="AccountRefusedException">The name is taken or not allowed, or the password is too weak.</exception>
    public async Task<UserAccount> AddAsync(string name, AccountRole role, string? password, CancellationToken cancellation = default)
    {
        name = AccountRules.CheckName(name);
        if (password is not null)
            AccountRules.CheckPassword(password, name);
        await EnsureFreeAsync(name);
        var annotator = new Annotator { Description = "person", Created = _clock.GetUtcNow() };
        await _database.WriteAsync(db =>
        {
            db.Annotators.Add(annotator);
            return Task.CompletedTask;
        }, cancellation);
        return await AddForAsync(annotator.Id, name, role, password, isGuest: false);
    }

    /// <summary>The guest account of an annotator who came by a link; made at the first time.</summary>
    internal async Task<UserAccount> GuestAsync(Guid annotator, CancellationToken cancellation) =>
        await _users.Users.SingleOrDefaultAsync(a => a.AnnotatorId == annotator, cancellation)
            ?? await AddForAsync(annotator, $"guest-{annotator.ToString("N")[..12]}", AccountRole.Annotator, password: null, isGuest: true);

    /// <summary>All accounts, by name.</summary>
    public async Task<IReadOnlyList<AccountRow>> ListAsync(CancellationToken cancellation = default) => await _context.Users.AsNoTracking()
        .OrderBy(a => a.NormalizedUserName)
        .Select(a => new AccountRow(a.Id, a.UserName!, a.Role, a.AnnotatorId, a.Disabled, a.IsGuest, a.PasswordHash != null,
            _context.ApiTokens.Count(t => t.AccountId == a.Id), a.Created))
        .ToListAsync(cancellation);

    /// <summary>An account by its name or id.</summary>
    /// <exception cref="AccountRefusedException">There is none.</exception>
    public async Task<UserAccount> GetAsync(string nameOrId) =>
        (Guid.TryParse(nameOrId, out var id) ? await _users.FindByIdAsync(id.ToString()) : await _users.FindByNameAsync(nameOrId.Trim()))
            ?? throw new AccountRefusedException(AccountRefusal.NoSuchAccount, "name", $"no account '{nameOrId}'");

    /// <exception cref="AccountRefusedException">No such account, or nobody would be left to manage accounts.</exception>
    public async Task SetRoleAsync(Guid id, AccountRole role, CancellationToken cancellation = default)
    {
        var account = await GetAsync(id.ToString());
        if (role != AccountRole.Admin)
            await EnsureAnotherAdminAsync(account, cancellation);
        account.Role = role;
        await SaveAsync(account);
    }

    /// <exception cref="AccountRefusedException">No such account, or nobody would be left to manage accounts.</exception>
    public async Task SetDisabledAsync(Guid id, bool disabled, CancellationToken cancellation = default)
    {
        var account = await GetAsync(id.ToString());
        if (disabled)
            await EnsureAnotherAdminAsync(account, cancellation);
        account.Disabled = disabled;
        await SaveAsync(account);
    }

    /// <summary>Sets a new password. Every browser that is signed in must sign in again.</summary>
    /// <exception cref="AccountRefusedException">The password is too weak.</exception>
    public async Task SetPasswordAsync(UserAccount account, string? password)
    {
        AccountRules.CheckPassword(password, account.UserName!);
        account.PasswordHash = _users.PasswordHasher.HashPassword(account, password!);
        account.SecurityStamp = Secrets.New();
        account.LockoutEnd = null;
        account.AccessFailedCount = 0;
        await SaveAsync(account);
    }

    /// <exception cref="AccountRefusedException">The present password is another one.</exception>
    public async Task ChangePasswordAsync(UserAccount account, string? current, string? changed)
    {
        if (account.PasswordHash is not null && !await _users.CheckPasswordAsync(account, current ?? ""))
            throw new AccountRefusedException(AccountRefusal.PasswordWrong, "current", "the present password is another one");
        await SetPasswordAsync(account, changed);
    }

    /// <summary>Voids every sign-in of browsers.</summary>
    public async Task SignOutEverywhereAsync(UserAccount account)
    {
        account.SecurityStamp = Secrets.New();
        await SaveAsync(account);
    }

    /// <summary>Saves how the pages look to somebody.</summary>
    public async Task SetPreferencesAsync(UserAccount account, string? language, bool singleKeyShortcuts)
    {
        (account.Language, account.SingleKeyShortcuts) = (language, singleKeyShortcuts);
        await SaveAsync(account);
    }

    /// <summary>Removes an account with its tokens. What its annotator answered stays; <c>rlhf erase annotator</c> removes that.</summary>
    /// <exception cref="AccountRefusedException">No such account, or nobody would be left to manage accounts.</exception>
    public async Task RemoveAsync(Guid id, CancellationToken cancellation = default)
    {
        var account = await GetAsync(id.ToString());
        await EnsureAnotherAdminAsync(account, cancellation);
        Check(await _users.DeleteAsync(account));
        _states.Forget(id);
        _states.ForgetTokens(id);
    }

    private async Task<UserAccount> AddForAsync(Guid annotator, string name, AccountRole role, string? password, bool isGuest)
    {
        var account = new UserAccount
        {
            UserName = name,
            AnnotatorId = annotator,
            Role = role,
            IsGuest = isGuest,
            Created = _clock.GetUtcNow(),
        };
        Check(password is null ? await _users.CreateAsync(account) : await _users.CreateAsync(account, password));
        return account;
    }

    private async Task EnsureFreeAsync(string name)
    {
        if (await _users.FindByNameAsync(name) is not null)
            throw new AccountRefusedException(AccountRefusal.NameTaken, "name", $"there is an account '{name}' already");
    }

    private async Task EnsureAnotherAdminAsync(UserAccount account, CancellationToken cancellation)
    {
        if (account is { Role: AccountRole.Admin, Disabled: false }
            && !await _context.Users.AnyAsync(a => a.Role == AccountRole.Admin && !a.Disabled && a.Id != account.Id, cancellation))
            throw new AccountRefusedException(AccountRefusal.LastAdmin, "name",
                $"'{account.UserName}' is the only administrator; make another one first");
    }

    private async Task SaveAsync(UserAccount account)
    {
        Check(await _users.UpdateAsync(account));
        _states.Forget(account.Id);
    }

    /// <summary>What may be wrong with the input was found before.</summary>
    private static void Check(IdentityResult result)
    {
        if (result.Errors.FirstOrDefault(error => error.Code == nameof(IdentityErrorDescriber.DuplicateUserName)) is { } taken)
            throw new AccountRefusedException(AccountRefusal.NameTaken, "name", taken.Description);
        if (!result.Succeeded)
            throw new InvalidOperationException(string.Join("; ", result.Errors.Select(error => error.Description)));
    }
}

using Microsoft.EntityFrameworkCore;
using Rlhf.Core;
using Rlhf.LabelingUi.Features.Account.Access;
using Rlhf.LabelingUi.Features.Account.Store;
using Rlhf.LabelingUi.Features.Account.Users;
using Rlhf.Storage;
using Rlhf.Storage.Entities;
using Rlhf.Storage.Labeling;

namespace Rlhf.LabelingUi.Features.Account.Invitations;

/// <summary>What an invitation is to allow.</summary>
/// <param name="Role">The role of the accounts.</param>
/// <param name="ProjectId">The labeling project that they become members of.</param>
/// <param name="Uses">How often it may be used; null for as often as wanted.</param>
/// <param name="Days">How long it may be used.</param>
/// <param name="Workers">Whether it is a link for workers of another platform, who get guest accounts.</param>
public sealed record InvitationRequest(
    AccountRole Role = AccountRole.Annotator, Guid? ProjectId = null, int? Uses = 1, int Days = 7, bool Workers = false);

/// <summary>An invitation in a list, without its code.</summary>
public sealed record InvitationRow(
    Guid Id, InvitationKind Kind, AccountRole Role, Guid? ProjectId, int? Uses, int Used, DateTimeOffset Created, DateTimeOffset Expires);

/// <summary>An invitation that was just made: the only time that its code is shown.</summary>
/// <param name="Path">The address below the root of the server.</param>
public sealed record NewInvitation(Guid Id, string Path, DateTimeOffset Expires, int? Uses);

/// <summary>Invitations: making and using them.</summary>
public sealed class AccountInvitations(
    AccountsContext context, Accounts accounts, RlhfDatabase database, LabelingMembers members, TimeProvider clock)
{
    public const int MaxUses = 100_000, MaxDays = 365;

    private const int FirstAdminHours = 24;

    /// <param name="request">What it allows.</param>
    /// <param name="by">The account that makes it; null on the command line.</param>
    /// <param name="byRole">The role of that account: nobody gives away more than they have.</param>
    /// <param name="cancellation">Ends the waiting.</param>
    /// <exception cref="AccountRefusedException">The role is too high, a number is out of range, or there is no such project.</exception>
    public async Task<NewInvitation> CreateAsync(
        InvitationRequest request, Guid? by, AccountRole byRole, CancellationToken cancellation = default)
    {
        if (request.Uses is < 1 or > MaxUses)
            throw new AccountRefusedException(AccountRefusal.LimitInvalid, "uses", $"uses must be 1 … {MaxUses}; got {request.Uses}");
        if (request.Days is < 1 or > MaxDays)
            throw new AccountRefusedException(AccountRefusal.LimitInvalid, "days", $"days must be 1 … {MaxDays}; got {request.Days}");
        if (byRole != AccountRole.Admin && request.Role >= byRole)
            throw new AccountRefusedException(AccountRefusal.RoleTooHigh, "role",
                $"only an administrator may invite somebody as {request.Role}");
        if (request.Workers && (request.ProjectId is null || request.Role != AccountRole.Annotator))
            throw new AccountRefusedException(AccountRefusal.NoSuchProject, "project",
                "a link for workers needs a project, and makes annotators");
        if (request.ProjectId is { } project && !await ExistsAsync(project, cancellation))
            throw new AccountRefusedException(AccountRefusal.NoSuchProject, "project", $"no labeling project {project}");
        var kind = request.Workers ? InvitationKind.Workers : InvitationKind.Account;
        return await AddAsync(kind, request.Role, request.ProjectId, request.Uses, TimeSpan.FromDays(request.Days), by, cancellation);
    }

    /// <summary>
    /// The link that makes the first administrator; earlier ones are void from now on. Null where there is an administrator.
    /// </summary>
    public async Task<NewInvitation?> FirstAdminAsync(CancellationToken cancellation = default)
    {
        if (await HasAdminAsync(cancellation))
            return null;
        await context.Invitations.Where(i => i.Kind == InvitationKind.FirstAdmin).ExecuteDeleteAsync(cancellation);
        return await AddAsync(InvitationKind.FirstAdmin, AccountRole.Admin, project: null, uses: 1, TimeSpan.FromHours(FirstAdminHours),
            by: null, cancellation);
    }

    /// <summary>An invitation that can be used now.</summary>
    /// <exception cref="AccountRefusedException">It is unknown, expired, used up or void.</exception>
    public async Task<Invitation> FindAsync(string? code, CancellationToken cancellation = default)
    {
        string hash = Secrets.Hash(code ?? "");
        var found = await context.Invitations.AsNoTracking().SingleOrDefaultAsync(i => i.CodeHash == hash, cancellation);
        return found is not null && found.IsValid(clock.GetUtcNow())
            && !(found.Kind == InvitationKind.FirstAdmin && await HasAdminAsync(cancellation)) ? found : throw Invalid();
    }

    /// <summary>Makes an account with an invitation.</summary>
    /// <exception cref="AccountRefusedException">
    /// The invitation cannot be used, the name is taken or not allowed, or the password is too weak.
    /// </exception>
    public async Task<UserAccount> RegisterAsync(string? code, string? name, string? password, CancellationToken cancellation = default)
    {
        var invitation = await FindAsync(code, cancellation);
        if (invitation.Kind == InvitationKind.Workers)
            throw Invalid();
        AccountRules.CheckPassword(password, AccountRules.CheckName(name));
        await TakeUseAsync(invitation, cancellation);
        try
        {
            var account = await accounts.AddAsync(name!, invitation.Role, password, cancellation);
            await JoinAsync(invitation, account.AnnotatorId, cancellation);
            return account;
        }
        catch (AccountRefusedException)
        {
            await GiveBackUseAsync(invitation, cancellation);
            throw;
        }
    }

    /// <summary>Makes somebody who has an account a member of the invitation's project.</summary>
    /// <returns>The project.</returns>
    /// <exception cref="AccountRefusedException">The invitation cannot be used, or names no project.</exception>
    public async Task<Guid> JoinProjectAsync(string? code, Guid annotator, CancellationToken cancellation = default)
    {
        var invitation = await FindAsync(code, cancellation);
        if (invitation is not { Kind: InvitationKind.Account, ProjectId: { } project })
            throw Invalid();
        await using (var db = database.OpenReadContext())
        {
            // A member keeps the role that they have.
            if (await db.Members.AnyAsync(m => m.ProjectId == project && m.AnnotatorId == annotator, cancellation))
                return project;
        }
        await TakeUseAsync(invitation, cancellation);
        await JoinAsync(invitation, annotator, cancellation);
        return project;
    }

    /// <summary>The guest account of a worker of another platform: the same worker, the same account. New ones count as a use.</summary>
    /// <exception cref="AccountRefusedException">The link cannot be used, or the worker id is none.</exception>
    public async Task<UserAccount> JoinAsWorkerAsync(
        string? code, string? workerId, string? session, CancellationToken cancellation = default)
    {
        var invitation = await FindWorkersLinkAsync(code, cancellation);
        var project = invitation.ProjectId!.Value;
        workerId = WorkerLink.Check(workerId);
        bool isNew;
        await using (var db = database.OpenReadContext())
            isNew = !await db.Members.AnyAsync(m => m.ProjectId == project && m.ExternalWorkerId == workerId, cancellation);
        if (isNew)
            await TakeUseAsync(invitation, cancellation);
        var annotator = await members.JoinFromLinkAsync(project, workerId, WorkerLink.Shorten(session), cancellation);
        return await accounts.GuestAsync(annotator, cancellation);
    }

    /// <summary>
    /// A link for workers. One that is used up still lets in those who came before, so only its time counts here.
    /// </summary>
    /// <exception cref="AccountRefusedException">It is unknown or expired.</exception>
    public async Task<Invitation> FindWorkersLinkAsync(string? code, CancellationToken cancellation = default)
    {
        string hash = Secrets.Hash(code ?? "");
        var found = await context.Invitations.AsNoTracking()
            .SingleOrDefaultAsync(i => i.CodeHash == hash && i.Kind == InvitationKind.Workers, cancellation);
        return found is not null && clock.GetUtcNow() < found.Expires && found.ProjectId is not null ? found : throw Invalid();
    }

    /// <summary>Invitations that can still be used; of one account, or all.</summary>
    public async Task<IReadOnlyList<InvitationRow>> ListAsync(Guid? by = null, CancellationToken cancellation = default)
    {
        var now = clock.GetUtcNow();
        return await context.Invitations.AsNoTracking()
            .Where(i => i.Expires > now && (i.Uses == null || i.Used < i.Uses) && i.Kind != InvitationKind.FirstAdmin
                && (by == null || i.CreatedBy == by))
            .OrderBy(i => i.Created)
            .Select(i => new InvitationRow(i.Id, i.Kind, i.Role, i.ProjectId, i.Uses, i.Used, i.Created, i.Expires))
            .ToListAsync(cancellation);
    }

    /// <returns>False where there is no such invitation, or it is somebody else's.</returns>
    public async Task<bool> RevokeAsync(Guid id, Guid? by = null, CancellationToken cancellation = default) =>
        await context.Invitations.Where(i => i.Id == id && (by == null || i.CreatedBy == by)).ExecuteDeleteAsync(cancellation) > 0;

    private Task<bool> HasAdminAsync(CancellationToken cancellation) =>
        context.Users.AnyAsync(a => a.Role == AccountRole.Admin, cancellation);

    private async Task<bool> ExistsAsync(Guid project, CancellationToken cancellation)
    {
        await using var db = database.OpenReadContext();
        return await db.Projects.AnyAsync(p => p.Id == project, cancellation);
    }

    private async Task<NewInvitation> AddAsync(
        InvitationKind kind, AccountRole role, Guid? project, int? uses, TimeSpan lifetime, Guid? by, CancellationToken cancellation)
    {
        string code = Secrets.New();
        var now = clock.GetUtcNow();
        var row = new Invitation
        {
            Kind = kind,
            CodeHash = Secrets.Hash(code),
            Role = role,
            ProjectId = project,
            Uses = uses,
            Created = now,
            Expires = now + lifetime,
            CreatedBy = by,
        };
        context.Invitations.Add(row);
        await context.SaveChangesAsync(cancellation);
        string path = kind == InvitationKind.Workers ? WorkerLink.Path(code) : $"{RegisterPage.Address}?code={code}";
        return new NewInvitation(row.Id, path, row.Expires, uses);
    }

    private async Task JoinAsync(Invitation invitation, Guid annotator, CancellationToken cancellation)
    {
        if (invitation.ProjectId is not { } project)
            return;
        try
        {
            await members.SetRoleAsync(project, annotator,
                invitation.Role == AccountRole.Annotator ? ProjectRole.Annotator : ProjectRole.Reviewer, cancellation);
        }
        catch (UserError)
        {
            // The project is gone since; the account is worth having all the same.
        }
    }

    /// <summary>One statement, so that two who come at once do not take the same use.</summary>
    private async Task TakeUseAsync(Invitation invitation, CancellationToken cancellation)
    {
        if (await context.Invitations.Where(i => i.Id == invitation.Id && (i.Uses == null || i.Used < i.Uses))
            .ExecuteUpdateAsync(set => set.SetProperty(i => i.Used, i => i.Used + 1), cancellation) == 0)
            throw Invalid();
    }

    private Task<int> GiveBackUseAsync(Invitation invitation, CancellationToken cancellation) =>
        context.Invitations.Where(i => i.Id == invitation.Id)
            .ExecuteUpdateAsync(set => set.SetProperty(i => i.Used, i => i.Used - 1), cancellation);

    private static AccountRefusedException Invalid() => new(AccountRefusal.InvitationInvalid, "code",
        "this invitation is unknown, expired or used up; ask whoever sent it for another one");
}

using Microsoft.EntityFrameworkCore;
using Rlhf.LabelingUi.Features.Account.Users;
using Rlhf.Storage;

namespace Rlhf.LabelingUi.Features.Projects;

/// <summary>
/// Names of annotators for those who manage projects: of the account, else the id on another platform, else what a simulated one is.
/// </summary>
public sealed class AnnotatorNames(RlhfDatabase database, Accounts accounts)
{
    private const int ShownDigits = 8, MaxDescription = 40;

    /// <summary>The names of the members of a project and of those who answered in it, by annotator.</summary>
    public async Task<IReadOnlyDictionary<Guid, string>> ReadAsync(Guid project, CancellationToken cancellation)
    {
        await using var db = database.OpenReadContext();
        var members = await (
            from m in db.Members
            where m.ProjectId == project
            join a in db.Annotators on m.AnnotatorId equals a.Id
            select new { a.Id, m.ExternalWorkerId, a.IsSimulated, a.Description }).ToListAsync(cancellation);
        var names = new Dictionary<Guid, string>();
        foreach (var member in members)
        {
            string? name = member.ExternalWorkerId ?? (member.IsSimulated && member.Description.Length > 0
                ? member.Description[..Math.Min(MaxDescription, member.Description.Length)] : null);
            if (name is not null)
                names[member.Id] = name;
        }
        foreach (var account in await accounts.ListAsync(cancellation))
        {
            if (!account.IsGuest)
                names[account.AnnotatorId] = account.Name;
        }
        return names;
    }

    /// <summary>
    /// Who made something, as a row says it: the name of an annotator's account, or a name of this machine; null where the account is gone.
    /// </summary>
    public async Task<string?> CreatorAsync(string? createdBy, CancellationToken cancellation)
    {
        if (!Guid.TryParse(createdBy, out var annotator))
            return string.IsNullOrEmpty(createdBy) ? null : createdBy;
        return (await accounts.ListAsync(cancellation)).FirstOrDefault(account => account.AnnotatorId == annotator)?.Name;
    }

    /// <summary>The name, else the beginning of the id, which says nothing of a person.</summary>
    public static string Of(IReadOnlyDictionary<Guid, string> names, Guid annotator) =>
        names.GetValueOrDefault(annotator) ?? $"annotator {annotator.ToString("N")[..ShownDigits]}";
}

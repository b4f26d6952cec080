using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Localization;
using Rlhf.LabelingUi.Features.Account.Users;
using Rlhf.Storage;

namespace Rlhf.LabelingUi.Features.Projects;

/// <summary>
/// Names of annotators for those who manage projects: of the account, else the id on another platform, else what is known of a
/// simulated or imported one.
/// </summary>
internal sealed class AnnotatorNames(RlhfDatabase database, Accounts accounts, IStringLocalizer<ProjectTexts> texts)
{
    private const int ShownDigits = 8, MaxDescription = 40;

    /// <summary>The names of the members of a project and of others, by annotator.</summary>
    /// <param name="project">The project.</param>
    /// <param name="others">Those who answered without being members: imported ones.</param>
    /// <param name="cancellation">Ends the reading.</param>
    public async Task<IReadOnlyDictionary<Guid, string>> ReadAsync(
        Guid project, IEnumerable<Guid> others, CancellationToken cancellation)
    {
        Guid[] also = [.. others.Distinct()];
        await using var db = database.OpenReadContext();
        var known = await (
            from a in db.Annotators
            where also.Contains(a.Id) || db.Members.Any(m => m.ProjectId == project && m.AnnotatorId == a.Id)
            join m in db.Members.Where(m => m.ProjectId == project) on a.Id equals m.AnnotatorId into joined
            from m in joined.DefaultIfEmpty()
            select new { a.Id, Worker = m == null ? null : m.ExternalWorkerId, a.Description }).ToListAsync(cancellation);
        var names = known.ToDictionary(
            a => a.Id, a => a.Worker ?? Described(a.Description, project) ?? texts["Unnamed", Digits(a.Id)].Value);
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
        names.GetValueOrDefault(annotator) ?? "#" + Digits(annotator);

    /// <summary>The beginning of a description; of an imported annotator the name in the file alone.</summary>
    private static string? Described(string description, Guid project)
    {
        string imported = $" of imports into project {project}";
        string text = description.EndsWith(imported, StringComparison.Ordinal) ? description[..^imported.Length] : description;
        return text.Length == 0 ? null : text.Length <= MaxDescription ? text : text[..MaxDescription];
    }

    private static string Digits(Guid id) => id.ToString("N")[..ShownDigits];
}

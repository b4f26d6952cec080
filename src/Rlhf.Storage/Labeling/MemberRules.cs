using Microsoft.EntityFrameworkCore;
using Rlhf.Core;
using Rlhf.Storage.Entities;

namespace Rlhf.Storage.Labeling;

/// <summary>Who may label in a project, and what their answers to tasks of known answer change about it. Inside one transaction.</summary>
internal sealed class MemberRules(RlhfDbContext db, DateTimeOffset now)
{
    // Nobody else writes during the transaction, so a row that was looked up once stays as it is, but for what is done here.
    private readonly Dictionary<(Guid Project, Guid Annotator), ProjectMember> _known = [];

    /// <summary>The member's row; in an open project it is created at the first visit.</summary>
    /// <exception cref="UserError">No such annotator, not a member, paused or excluded.</exception>
    public async Task<ProjectMember> ActiveAsync(Guid project, Guid annotator, ProjectAccess access)
    {
        if (!_known.TryGetValue((project, annotator), out var member))
        {
            var found = await (
                from a in db.Annotators
                where a.Id == annotator
                from m in db.Members.Where(m => m.AnnotatorId == a.Id && m.ProjectId == project).DefaultIfEmpty()
                select new { a.Erased, Member = (ProjectMember?)m }).SingleOrDefaultAsync();
            if (found is not { Erased: null })
                throw new UserError($"no annotator {annotator}") { Kind = ErrorKind.NotFound };
            member = found.Member;
            if (member is null)
            {
                if (access == ProjectAccess.Members)
                    throw new UserError("you are not a member of this project; ask its owner to add you") { Kind = ErrorKind.Forbidden };
                member = new ProjectMember { ProjectId = project, AnnotatorId = annotator, Joined = now };
                db.Members.Add(member);
            }
            _known[(project, annotator)] = member;
        }
        return member.State == MemberState.Active ? member : throw new UserError(
            $"you {(member.State == MemberState.Paused ? "are paused in" : "have been excluded from")} this project "
            + $"since {member.StateChanged:u}: {member.Reason}")
        {
            Kind = ErrorKind.Forbidden,
        };
    }

    /// <summary>Somebody without qualification tasks to do is qualified.</summary>
    public async Task<bool> IsQualifiedAsync(ProjectMember member)
    {
        if (member.Qualified is null && !await Qualifications(member).AnyAsync())
            member.Qualified = now;
        return member.Qualified is not null;
    }

    /// <summary>Counts a closed assignment, and draws the consequences: passed or not, paused or not.</summary>
    public async Task ClosedAsync(ProjectMember member, Assignment assignment, ProjectSettings settings)
    {
        bool submitted = assignment.State == AssignmentState.Submitted, correct = assignment.Correct == true;
        switch (assignment.Kind)
        {
            case TaskKind.Normal when submitted:
                member.Answered++;
                break;
            case TaskKind.Gold when submitted:
                member.Golds++;
                member.GoldsCorrect += correct ? 1 : 0;
                PauseOnLowAccuracy(member, settings);
                break;
            case TaskKind.Repeat when submitted:
                member.Repeats++;
                member.RepeatsAgreed += correct ? 1 : 0;
                break;
            case TaskKind.Qualification:
                await EndQualificationAsync(member, settings);
                break;
            default:
                break;
        }
    }

    private void PauseOnLowAccuracy(ProjectMember member, ProjectSettings settings)
    {
        double accuracy = (double)member.GoldsCorrect / member.Golds;
        if (settings.PauseBelowGoldAccuracy is { } least && member.Golds >= settings.PauseAfterGolds && accuracy < least)
            Pause(
                member, $"{member.GoldsCorrect} of {member.Golds} tasks with a known answer were right; this project asks for {least:P0}");
    }

    private async Task EndQualificationAsync(ProjectMember member, ProjectSettings settings)
    {
        // What was closed just now must be seen by the query.
        await db.SaveChangesAsync();
        int tasks = await Qualifications(member).CountAsync();
        var closed = await db.Assignments
            .Where(a => a.AnnotatorId == member.AnnotatorId && a.ProjectId == member.ProjectId && a.Kind == TaskKind.Qualification
                && a.Round == member.QualificationTry && a.State != AssignmentState.Leased)
            .Select(a => a.Correct).ToListAsync();
        if (member.Qualified is not null || closed.Count < tasks)
            return;
        int right = closed.Count(c => c == true);
        if (right >= settings.PassMark * closed.Count)
            member.Qualified = now;
        else if (++member.QualificationTry >= settings.QualificationTries)
            Pause(member, $"{right} of {closed.Count} qualification tasks were right; {settings.PassMark:P0} are needed, "
                + $"and there is no further try");
    }

    /// <summary>The qualification tasks of a member's project, by the index of tasks that are not normal.</summary>
    private IQueryable<LabelingTask> Qualifications(ProjectMember member) =>
        db.Tasks.Where(t => t.ProjectId == member.ProjectId && t.Kind != TaskKind.Normal && t.Kind == TaskKind.Qualification
            && t.Erased == null);

    private void Pause(ProjectMember member, string reason)
    {
        member.State = MemberState.Paused;
        member.Reason = reason;
        member.StateChanged = now;
    }
}

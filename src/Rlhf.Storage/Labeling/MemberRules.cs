using Microsoft.EntityFrameworkCore;
using Rlhf.Core;
using Rlhf.Storage.Entities;
using Rlhf.Storage.Labeling.Pausing;

namespace Rlhf.Storage.Labeling;

/// <summary>Who may label in a project, and what their answers to tasks of known answer change about it. Inside one transaction.</summary>
internal sealed class MemberRules(RlhfDbContext db, DateTimeOffset now)
{
    // Nobody else writes during the transaction, so a row that was looked up once stays as it is, but for what is done here.
    private readonly Dictionary<(Guid Project, Guid Annotator), ProjectMember> _known = [];
    private readonly Dictionary<Guid, bool> _simulated = [];

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
                select new { a.Erased, a.IsSimulated, Member = (ProjectMember?)m }).SingleOrDefaultAsync();
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
            _simulated[annotator] = found.IsSimulated;
        }
        return member.State == MemberState.Active ? member : throw new UserError(
            $"you {(member.State == MemberState.Paused ? "are paused in" : "have been excluded from")} this project "
            + $"since {member.StateChanged:u}: {member.Reason}")
        {
            Kind = ErrorKind.Forbidden,
        };
    }

    /// <summary>Whether somebody whom <see cref="ActiveAsync"/> let through is a program.</summary>
    public bool IsSimulated(Guid annotator) => _simulated[annotator];

    /// <summary>Somebody without qualification tasks to do is qualified.</summary>
    public async Task<bool> IsQualifiedAsync(ProjectMember member)
    {
        if (member.Qualified is null && !await Qualifications(member).AnyAsync())
            member.Qualified = now;
        return member.Qualified is not null;
    }

    /// <summary>Counts a closed assignment, and draws the consequences: passed or not, paused or not.</summary>
    /// <returns>How a try at the qualification ended; null where none did.</returns>
    public async Task<QualificationTry?> ClosedAsync(ProjectMember member, Assignment assignment, ProjectSettings settings)
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
                await PauseOnLowAccuracyAsync(member, settings);
                break;
            case TaskKind.Repeat when submitted:
                member.Repeats++;
                member.RepeatsAgreed += correct ? 1 : 0;
                break;
            case TaskKind.Qualification:
                return await EndQualificationAsync(member, settings);
            default:
                break;
        }
        return null;
    }

    /// <summary>After an answer to a normal task is there: paused for how they answer, or not.</summary>
    public async Task AnsweredAsync(ProjectMember member, ProjectSettings settings)
    {
        if (await PauseRules.FindReasonAsync(db, member, settings) is not { } reason)
            return;
        Pause(member, reason);
        await db.SaveChangesAsync();
    }

    private async Task PauseOnLowAccuracyAsync(ProjectMember member, ProjectSettings settings)
    {
        if (settings.PauseBelowGoldAccuracy is not { } least)
            return;
        var (golds, right) = await GoldsAsync(member);
        if (golds >= settings.PauseAfterGolds && (double)right / golds < least)
            Pause(member, $"{right} of {golds} tasks with a known answer were right; this project asks for {least:P0}");
    }

    /// <summary>Gold tasks answered, and how many rightly. Whoever was let go on after a pause begins anew.</summary>
    private async Task<(int Golds, int Right)> GoldsAsync(ProjectMember member)
    {
        if (member.StateChanged is not { } since)
            return (member.Golds, member.GoldsCorrect);
        // What was closed just now must be seen by the query.
        await db.SaveChangesAsync();
        var answers = await db.Assignments
            .Where(a => a.AnnotatorId == member.AnnotatorId && a.ProjectId == member.ProjectId && a.Kind == TaskKind.Gold
                && a.State == AssignmentState.Submitted && a.Closed > since)
            .Select(a => a.Correct).ToListAsync();
        return (answers.Count, answers.Count(correct => correct == true));
    }

    private async Task<QualificationTry?> EndQualificationAsync(ProjectMember member, ProjectSettings settings)
    {
        // What was closed just now must be seen by the query.
        await db.SaveChangesAsync();
        int tasks = await Qualifications(member).CountAsync();
        var closed = await db.Assignments
            .Where(a => a.AnnotatorId == member.AnnotatorId && a.ProjectId == member.ProjectId && a.Kind == TaskKind.Qualification
                && a.Round == member.QualificationTry && a.State != AssignmentState.Leased)
            .Select(a => a.Correct).ToListAsync();
        if (member.Qualified is not null || closed.Count < tasks)
            return null;
        int right = closed.Count(c => c == true);
        bool passed = right >= settings.PassMark * closed.Count;
        if (passed)
            member.Qualified = now;
        else if (++member.QualificationTry >= settings.QualificationTries)
            Pause(member, $"{right} of {closed.Count} qualification tasks were right; {settings.PassMark:P0} are needed, "
                + $"and there is no further try");
        int left = passed ? 0 : Math.Max(0, settings.QualificationTries - member.QualificationTry);
        return new QualificationTry(passed, right, closed.Count, settings.PassMark, left);
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

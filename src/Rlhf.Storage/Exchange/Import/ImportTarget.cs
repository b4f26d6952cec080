using Microsoft.EntityFrameworkCore;
using Rlhf.Core;
using Rlhf.Storage.Entities;
using Rlhf.Storage.Erasure;
using Rlhf.Storage.Labeling;

namespace Rlhf.Storage.Exchange.Import;

/// <summary>The project that tasks of a file go into.</summary>
/// <param name="Project">Its id.</param>
/// <param name="Overlap">How many annotators its tasks want.</param>
/// <param name="Version">The version of its questions that imported answers answer.</param>
/// <param name="Mark">What the annotators of the file are told apart by.</param>
internal sealed record ImportTarget(Guid Project, int Overlap, LabelingProjectVersion Version, string Mark)
{
    private readonly Dictionary<string, Guid> _annotators = new(StringComparer.Ordinal);

    /// <summary>How many completions a task may have; null allows any number.</summary>
    public (int Least, int Most)? Completions { get; init; }

    /// <summary>Contents whose answers were erased here: answers to them do not come back with a file.</summary>
    public IReadOnlySet<string> ErasedContents { get; init; } = new HashSet<string>();

    /// <summary>The question that asks for the order of the completions.</summary>
    public Question? Order { get; } = Version.Questions.FirstOrDefault(q => q.Kind is QuestionKind.Ranking or QuestionKind.Pairwise);

    /// <summary>
    /// What answers are checked against: a question that people must answer may be missing in a file.
    /// </summary>
    public IReadOnlyList<Question> Questions { get; } =
        [.. Version.Questions.Select(q => q with { Required = false, StrengthRequired = false })];

    /// <exception cref="UserError">No such project.</exception>
    public static async Task<ImportTarget> OfProjectAsync(RlhfDbContext db, Guid project, CancellationToken cancellation)
    {
        var version = await db.ProjectVersions.AsNoTracking().Where(v => v.ProjectId == project).OrderByDescending(v => v.Number)
            .FirstOrDefaultAsync(cancellation)
            ?? throw new UserError($"no labeling project {project}") { Kind = ErrorKind.NotFound };
        var row = await db.Projects.AsNoTracking().SingleAsync(p => p.Id == project, cancellation);
        return new ImportTarget(project, row.Overlap, version, $"imports into project {project}")
        {
            Completions = TaskRules.CheckCompletions(version.Questions, row.Settings),
            ErasedContents = await ImportHashes.ErasedContentsAsync(db, project, cancellation),
        };
    }

    /// <summary>
    /// The annotator who stands for somebody of the file, made where needed. The name stands in its description only, which an erasure
    /// removes.
    /// </summary>
    public async Task<Guid> AnnotatorAsync(
        RlhfDbContext db, string? name, bool simulated, DateTimeOffset now, CancellationToken cancellation)
    {
        string description = $"{name ?? (simulated ? "simulated annotators" : "people")} of {Mark}";
        if (_annotators.TryGetValue(description, out var known))
            return known;
        var found = await db.Annotators.Where(a => a.IsSimulated == simulated && a.Description == description).Select(a => (Guid?)a.Id)
            .FirstOrDefaultAsync(cancellation);
        if (found is null)
        {
            var annotator = new Annotator { IsSimulated = simulated, Description = description, Created = now };
            db.Annotators.Add(annotator);
            await db.SaveChangesAsync(cancellation);
            found = annotator.Id;
        }
        return _annotators[description] = found.Value;
    }
}

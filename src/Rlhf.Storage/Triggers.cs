using Microsoft.EntityFrameworkCore;

namespace Rlhf.Storage;

/// <summary>
/// Rules that the database itself keeps, whoever writes to it: annotations by simulated annotators stay marked as such; annotations,
/// reviews, dataset versions and checkpoints never change, except that the payload of an annotation, a review or a task can be
/// erased; a project's counts follow its tasks. A migration that rebuilds a table drops its triggers silently, so triggers are not
/// part of migrations: all of them are created anew whenever the database does not have exactly these.
/// </summary>
internal static class Triggers
{
    private const string AddToCounts = """
        INSERT INTO ProjectCounts (ProjectId, Tasks, Complete, Answered, OwnOverlapTasks, OwnOverlap)
        VALUES (NEW.ProjectId, 1, NOT NEW.Open, NEW.Answered, NEW.Overlap IS NOT NULL, COALESCE(NEW.Overlap, 0))
        ON CONFLICT (ProjectId) DO UPDATE SET Tasks = Tasks + 1, Complete = Complete + excluded.Complete,
            Answered = Answered + excluded.Answered, OwnOverlapTasks = OwnOverlapTasks + excluded.OwnOverlapTasks,
            OwnOverlap = OwnOverlap + excluded.OwnOverlap;
        """;

    private const string ChangeCounts = """
        UPDATE ProjectCounts SET Complete = Complete + OLD.Open - NEW.Open, Answered = Answered + NEW.Answered - OLD.Answered,
            OwnOverlapTasks = OwnOverlapTasks + (NEW.Overlap IS NOT NULL) - (OLD.Overlap IS NOT NULL),
            OwnOverlap = OwnOverlap + COALESCE(NEW.Overlap, 0) - COALESCE(OLD.Overlap, 0)
        WHERE ProjectId = NEW.ProjectId;
        """;

    private const string TakeFromCounts = """
        UPDATE ProjectCounts SET Tasks = Tasks - 1, Complete = Complete - NOT OLD.Open, Answered = Answered - OLD.Answered,
            OwnOverlapTasks = OwnOverlapTasks - (OLD.Overlap IS NOT NULL), OwnOverlap = OwnOverlap - COALESCE(OLD.Overlap, 0)
        WHERE ProjectId = OLD.ProjectId;
        """;

    /// <summary>Every trigger by its name, as the statement that makes it.</summary>
    public static IReadOnlyDictionary<string, string> All { get; } = new (string Name, string Body)[]
    {
        Refuse("Annotators_Immutable", "BEFORE UPDATE ON Annotators WHEN OLD.IsSimulated <> NEW.IsSimulated OR OLD.Id <> NEW.Id",
            "whether an annotator is simulated never changes"),
        Refuse("Annotations_Simulated",
            "BEFORE INSERT ON Annotations WHEN NEW.IsSimulated <> (SELECT IsSimulated FROM Annotators WHERE Id = NEW.AnnotatorId)",
            "an annotation is marked as simulated exactly when its annotator is"),
        Refuse("Annotations_Immutable", """
            BEFORE UPDATE ON Annotations WHEN OLD.Id <> NEW.Id OR OLD.IsSimulated <> NEW.IsSimulated OR OLD.AnnotatorId <> NEW.AnnotatorId
            OR OLD.TaskId <> NEW.TaskId OR OLD.AssignmentId <> NEW.AssignmentId OR OLD.ProjectVersionId <> NEW.ProjectVersionId
            OR OLD.Kind <> NEW.Kind OR OLD.Revision <> NEW.Revision OR OLD.Created <> NEW.Created
            OR OLD.Erased IS NOT NEW.Erased AND OLD.Erased IS NOT NULL
            OR (OLD.Answers <> NEW.Answers OR OLD.Salt IS NOT NEW.Salt OR OLD.OrderShown IS NOT NEW.OrderShown
                OR OLD.Seconds IS NOT NEW.Seconds OR OLD.ActiveSeconds IS NOT NEW.ActiveSeconds OR OLD.Erased IS NOT NEW.Erased)
                AND NOT (NEW.Erased IS NOT NULL AND NEW.Answers = '{}' AND NEW.Salt IS NULL AND NEW.OrderShown IS NULL
                    AND NEW.Seconds IS NULL AND NEW.ActiveSeconds IS NULL)
            """, "an annotation never changes; a correction is a new revision"),
        Refuse("Reviews_Immutable", """
            BEFORE UPDATE ON Reviews WHEN OLD.Id <> NEW.Id OR OLD.TaskId <> NEW.TaskId OR OLD.AnnotationId IS NOT NEW.AnnotationId
            OR OLD.ReviewerId <> NEW.ReviewerId OR OLD.Decision <> NEW.Decision OR OLD.Created <> NEW.Created
            OR OLD.Erased IS NOT NEW.Erased AND OLD.Erased IS NOT NULL
            OR (OLD.Answers IS NOT NEW.Answers OR OLD.Salt IS NOT NEW.Salt OR OLD.Feedback IS NOT NEW.Feedback
                OR OLD.Erased IS NOT NEW.Erased)
                AND NOT (NEW.Erased IS NOT NULL AND NEW.Answers IS NULL AND NEW.Salt IS NULL AND NEW.Feedback IS NULL)
            """, "a review never changes; decide again"),
        Refuse("Tasks_Immutable", """
            BEFORE UPDATE ON Tasks WHEN OLD.Id <> NEW.Id OR OLD.ProjectId <> NEW.ProjectId OR OLD.Kind <> NEW.Kind
            OR (OLD.Context IS NOT NEW.Context OR OLD.ContentKey <> NEW.ContentKey AND NEW.ContentKey NOT GLOB 'answers-erased-*'
                OR OLD.SplitGroup IS NOT NEW.SplitGroup OR OLD.Erased IS NOT NEW.Erased)
                AND NOT (OLD.Erased IS NULL AND NEW.Erased IS NOT NULL AND NEW.Context IS NULL AND NEW.SplitGroup IS NULL)
            """, "the content of a task never changes; add another task"),
        Refuse("Completions_Immutable", """
            BEFORE UPDATE ON Completions WHEN OLD.Id <> NEW.Id OR OLD.TaskId <> NEW.TaskId OR OLD."Index" <> NEW."Index"
            OR (OLD.Content <> NEW.Content OR OLD.Context IS NOT NEW.Context)
                AND NOT (NEW.Content = '[]' AND NEW.Context IS NULL AND (SELECT Erased FROM Tasks WHERE Id = NEW.TaskId) IS NOT NULL)
            """, "the content of a completion never changes; add another task"),
        // The manifests of format 1 hold hashes without a salt, and so does their name: both go when an annotation of theirs is erased.
        Refuse("DatasetVersions_Immutable", """
            BEFORE UPDATE ON DatasetVersions WHEN NOT (json_extract(OLD.Manifest, '$.format') = 1 AND NEW.Manifest = '{}'
            AND NEW.Name = 'erased-' || lower(NEW.Id) AND OLD.Id = NEW.Id)
            """, "a dataset version never changes"),
        Refuse("DatasetVersionEntries_Immutable", "BEFORE UPDATE ON DatasetVersionEntries", "a dataset version never changes"),
        Refuse("Checkpoints_Immutable", "BEFORE UPDATE ON Checkpoints", "a checkpoint never changes"),
        Refuse("CheckpointParents_Immutable", "BEFORE UPDATE ON CheckpointParents", "a checkpoint never changes"),
        Refuse("ProjectVersions_Immutable", "BEFORE UPDATE ON ProjectVersions", "a version of a project never changes; make the next one"),
        Refuse("Tombstones_Immutable", "BEFORE UPDATE ON Tombstones", "what was erased stays erased"),
        Refuse("Tombstones_Kept", "BEFORE DELETE ON Tombstones", "what was erased stays erased"),
        ("Tasks_Counted", $"AFTER INSERT ON Tasks WHEN NEW.Kind = 'Normal' BEGIN {AddToCounts} END"),
        ("Tasks_Recounted", $"AFTER UPDATE OF Open, Answered, Overlap ON Tasks WHEN NEW.Kind = 'Normal' BEGIN {ChangeCounts} END"),
        ("Tasks_Uncounted", $"AFTER DELETE ON Tasks WHEN OLD.Kind = 'Normal' BEGIN {TakeFromCounts} END"),
        ("Tasks_Reopened", """
            AFTER UPDATE OF Open ON Tasks WHEN NEW.Open AND NOT OLD.Open
            BEGIN UPDATE Members SET NextPosition = NEW.Position WHERE ProjectId = NEW.ProjectId AND NextPosition > NEW.Position; END
            """),
        ("Assignments_Reopened", """
            AFTER UPDATE OF State ON Assignments WHEN NEW.State = 'Leased' AND OLD.State <> 'Leased'
            BEGIN UPDATE Members SET NextPosition = MIN(NextPosition, (SELECT Position FROM Tasks WHERE Id = NEW.TaskId))
                WHERE ProjectId = NEW.ProjectId AND AnnotatorId = NEW.AnnotatorId; END
            """),
    }.ToDictionary(t => t.Name, t => $"CREATE TRIGGER {t.Name} {t.Body}", StringComparer.Ordinal);

    /// <summary>Drops every trigger of the database: no table can be rebuilt while a trigger of another one names it.</summary>
    public static async Task DropAsync(RlhfDbContext db, CancellationToken cancellation)
    {
        foreach (string name in (await ReadAsync(db, cancellation)).Keys)
#pragma warning disable EF1002 // A name that stands in the database's own schema.
            await db.Database.ExecuteSqlRawAsync($"DROP TRIGGER \"{name}\"", cancellation);
#pragma warning restore EF1002
    }

    /// <summary>Makes all triggers anew where the database has not exactly these.</summary>
    public static async Task EnsureAsync(RlhfDbContext db, CancellationToken cancellation)
    {
        if (Same(await ReadAsync(db, cancellation)))
            return;
        await using var transaction = await db.Database.BeginTransactionAsync(cancellation);
        await DropAsync(db, cancellation);
        foreach (string statement in All.Values)
            await db.Database.ExecuteSqlRawAsync(statement.Replace("{", "{{").Replace("}", "}}"), cancellation);
        await transaction.CommitAsync(cancellation);
    }

    /// <summary>The triggers that the database has: each name with its statement.</summary>
    public static async Task<IReadOnlyDictionary<string, string>> ReadAsync(RlhfDbContext db, CancellationToken cancellation) =>
        await db.Database.SqlQueryRaw<SchemaRow>("SELECT name AS Name, sql AS Sql FROM sqlite_master WHERE type = 'trigger'")
            .ToDictionaryAsync(row => row.Name, row => row.Sql, StringComparer.Ordinal, cancellation);

    private static bool Same(IReadOnlyDictionary<string, string> found) =>
        found.Count == All.Count && All.All(t => found.TryGetValue(t.Key, out string? sql) && sql == t.Value);

    private static (string Name, string Body) Refuse(string name, string when, string message) =>
        (name, $"{when} BEGIN SELECT RAISE(ABORT, '{message}'); END");

    private sealed record SchemaRow(string Name, string Sql);
}

using Microsoft.EntityFrameworkCore.Migrations;

namespace Rlhf.Storage;

/// <summary>
/// Rules that the database itself keeps, whoever writes to it: what a simulated annotator gave is marked as such for ever, and
/// annotations, dataset versions and checkpoints never change.
/// </summary>
internal static class Triggers
{
    public static void CreateInitial(MigrationBuilder builder)
    {
        Refuse(builder, "Annotators_Immutable", "BEFORE UPDATE ON Annotators WHEN OLD.IsSimulated <> NEW.IsSimulated OR OLD.Id <> NEW.Id",
            "whether an annotator is simulated never changes");
        Refuse(builder, "Annotations_Simulated", "BEFORE INSERT ON Annotations WHEN NEW.IsSimulated <> (SELECT IsSimulated FROM Annotators WHERE Id = NEW.AnnotatorId)",
            "an annotation is marked as simulated exactly when its annotator is");
        Refuse(builder, "Annotations_Immutable", """
            BEFORE UPDATE ON Annotations WHEN OLD.Id <> NEW.Id OR OLD.IsSimulated <> NEW.IsSimulated OR OLD.AnnotatorId <> NEW.AnnotatorId
            OR OLD.TaskId <> NEW.TaskId OR OLD.AssignmentId <> NEW.AssignmentId OR OLD.ProjectVersionId <> NEW.ProjectVersionId
            OR OLD.Revision <> NEW.Revision OR OLD.Answers <> NEW.Answers
            """, "an annotation never changes; a correction is a new revision");
        Refuse(builder, "DatasetVersions_Immutable", "BEFORE UPDATE ON DatasetVersions", "a dataset version never changes");
        Refuse(builder, "DatasetVersionEntries_Immutable", "BEFORE UPDATE ON DatasetVersionEntries", "a dataset version never changes");
        Refuse(builder, "Checkpoints_Immutable", "BEFORE UPDATE ON Checkpoints", "a checkpoint never changes");
        Refuse(builder, "CheckpointParents_Immutable", "BEFORE UPDATE ON CheckpointParents", "a checkpoint never changes");
        Refuse(builder, "ProjectVersions_Immutable", "BEFORE UPDATE ON ProjectVersions", "a version of a project never changes; make the next one");
    }

    private static void Refuse(MigrationBuilder builder, string name, string when, string message) =>
        builder.Sql($"CREATE TRIGGER {name} {when} BEGIN SELECT RAISE(ABORT, '{message}'); END;");
}

using System;
using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace Rlhf.Storage.Migrations
{
    /// <inheritdoc />
    public partial class PeopleAndLineage : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropTable(
                name: "ProcessedMessages");

            migrationBuilder.DropIndex(
                name: "IX_OutboxMessages_Created",
                table: "OutboxMessages");

            migrationBuilder.DropIndex(
                name: "IX_Assignments_AnnotatorId_State",
                table: "Assignments");

            migrationBuilder.DropIndex(
                name: "IX_Assignments_TaskId_AnnotatorId",
                table: "Assignments");

            migrationBuilder.RenameColumn(
                name: "Sampling",
                table: "Completions",
                newName: "SamplingSettings");

            migrationBuilder.AddColumn<long>(
                name: "Erased",
                table: "Tasks",
                type: "INTEGER",
                nullable: true);

            migrationBuilder.AddColumn<string>(
                name: "Kind",
                table: "Tasks",
                type: "TEXT",
                nullable: false,
                defaultValueSql: "'Normal'");

            migrationBuilder.AddColumn<Guid>(
                name: "ParentCompletionId",
                table: "Tasks",
                type: "TEXT",
                nullable: true);

            migrationBuilder.AddColumn<Guid>(
                name: "PipelineRunId",
                table: "Tasks",
                type: "TEXT",
                nullable: true);

            migrationBuilder.AddColumn<string>(
                name: "SplitGroup",
                table: "Tasks",
                type: "TEXT",
                nullable: true);

            migrationBuilder.AddColumn<string>(
                name: "FailureKind",
                table: "Runs",
                type: "TEXT",
                nullable: true);

            migrationBuilder.AddColumn<int>(
                name: "Failures",
                table: "Runs",
                type: "INTEGER",
                nullable: false,
                defaultValue: 0);

            migrationBuilder.AddColumn<int>(
                name: "SucceededAttempt",
                table: "Runs",
                type: "INTEGER",
                nullable: true);

            migrationBuilder.AddColumn<string>(
                name: "ContentSha256",
                table: "Projects",
                type: "TEXT",
                nullable: true);

            migrationBuilder.AddColumn<string>(
                name: "CreatedBy",
                table: "Projects",
                type: "TEXT",
                nullable: true);

            migrationBuilder.AddColumn<string>(
                name: "ImportSource",
                table: "Projects",
                type: "TEXT",
                nullable: true);

            migrationBuilder.AddColumn<string>(
                name: "Settings",
                table: "Projects",
                type: "TEXT",
                nullable: false,
                defaultValueSql: "'{}'");

            migrationBuilder.AddColumn<long>(
                name: "CancelRequested",
                table: "PipelineRuns",
                type: "INTEGER",
                nullable: true);

            migrationBuilder.AddColumn<string>(
                name: "Command",
                table: "PipelineRuns",
                type: "TEXT",
                nullable: true);

            migrationBuilder.AddColumn<string>(
                name: "CreatedBy",
                table: "PipelineRuns",
                type: "TEXT",
                nullable: true);

            migrationBuilder.AddColumn<string>(
                name: "Notes",
                table: "PipelineRuns",
                type: "TEXT",
                nullable: true);

            migrationBuilder.AddColumn<string>(
                name: "Tags",
                table: "PipelineRuns",
                type: "TEXT",
                nullable: false,
                defaultValueSql: "'[]'");

            migrationBuilder.AddColumn<int>(
                name: "Attempts",
                table: "OutboxMessages",
                type: "INTEGER",
                nullable: false,
                defaultValue: 0);

            migrationBuilder.AddColumn<string>(
                name: "Error",
                table: "OutboxMessages",
                type: "TEXT",
                nullable: true);

            migrationBuilder.AddColumn<long>(
                name: "Failed",
                table: "OutboxMessages",
                type: "INTEGER",
                nullable: true);

            migrationBuilder.AddColumn<byte[]>(
                name: "Hash",
                table: "DatasetVersionEntries",
                type: "BLOB",
                nullable: true);

            migrationBuilder.AddColumn<double>(
                name: "Weight",
                table: "DatasetVersionEntries",
                type: "REAL",
                nullable: false,
                defaultValue: 1.0);

            migrationBuilder.AddColumn<bool>(
                name: "Correct",
                table: "Assignments",
                type: "INTEGER",
                nullable: true);

            migrationBuilder.AddColumn<string>(
                name: "Kind",
                table: "Assignments",
                type: "TEXT",
                nullable: false,
                defaultValueSql: "'Normal'");

            migrationBuilder.AddColumn<string>(
                name: "OrderShown",
                table: "Assignments",
                type: "TEXT",
                nullable: true);

            migrationBuilder.AddColumn<Guid>(
                name: "ProjectId",
                table: "Assignments",
                type: "TEXT",
                nullable: false,
                defaultValue: new Guid("00000000-0000-0000-0000-000000000000"));

            migrationBuilder.AddColumn<Guid>(
                name: "ProjectVersionId",
                table: "Assignments",
                type: "TEXT",
                nullable: true);

            migrationBuilder.AddColumn<int>(
                name: "Round",
                table: "Assignments",
                type: "INTEGER",
                nullable: false,
                defaultValue: 0);

            migrationBuilder.AddColumn<long>(
                name: "Erased",
                table: "Annotators",
                type: "INTEGER",
                nullable: true);

            migrationBuilder.AddColumn<string>(
                name: "Profile",
                table: "Annotators",
                type: "TEXT",
                nullable: true);

            migrationBuilder.AddColumn<double>(
                name: "ActiveSeconds",
                table: "Annotations",
                type: "REAL",
                nullable: true);

            migrationBuilder.AddColumn<long>(
                name: "Erased",
                table: "Annotations",
                type: "INTEGER",
                nullable: true);

            migrationBuilder.AddColumn<string>(
                name: "Kind",
                table: "Annotations",
                type: "TEXT",
                nullable: false,
                defaultValueSql: "'Normal'");

            migrationBuilder.AddColumn<byte[]>(
                name: "Salt",
                table: "Annotations",
                type: "BLOB",
                nullable: true);

            migrationBuilder.CreateTable(
                name: "CompletionGolds",
                columns: table => new
                {
                    CompletionId = table.Column<Guid>(type: "TEXT", nullable: false),
                    GoldReward = table.Column<string>(type: "TEXT", nullable: false),
                    Score = table.Column<double>(type: "REAL", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_CompletionGolds", x => new { x.CompletionId, x.GoldReward });
                    table.ForeignKey(
                        name: "FK_CompletionGolds_Completions_CompletionId",
                        column: x => x.CompletionId,
                        principalTable: "Completions",
                        principalColumn: "Id",
                        onDelete: ReferentialAction.Cascade);
                });

            migrationBuilder.CreateTable(
                name: "Drafts",
                columns: table => new
                {
                    AssignmentId = table.Column<Guid>(type: "TEXT", nullable: false),
                    Answers = table.Column<string>(type: "TEXT", nullable: false),
                    Sequence = table.Column<long>(type: "INTEGER", nullable: false),
                    ActiveSeconds = table.Column<double>(type: "REAL", nullable: true),
                    Saved = table.Column<long>(type: "INTEGER", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_Drafts", x => x.AssignmentId);
                    table.ForeignKey(
                        name: "FK_Drafts_Assignments_AssignmentId",
                        column: x => x.AssignmentId,
                        principalTable: "Assignments",
                        principalColumn: "Id",
                        onDelete: ReferentialAction.Restrict);
                });

            migrationBuilder.CreateTable(
                name: "Exclusions",
                columns: table => new
                {
                    Id = table.Column<Guid>(type: "TEXT", nullable: false),
                    ProjectId = table.Column<Guid>(type: "TEXT", nullable: true),
                    AnnotatorId = table.Column<Guid>(type: "TEXT", nullable: true),
                    TaskId = table.Column<Guid>(type: "TEXT", nullable: true),
                    AssignmentId = table.Column<Guid>(type: "TEXT", nullable: true),
                    Reason = table.Column<string>(type: "TEXT", nullable: false),
                    CreatedBy = table.Column<string>(type: "TEXT", nullable: true),
                    Created = table.Column<long>(type: "INTEGER", nullable: false),
                    Lifted = table.Column<long>(type: "INTEGER", nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_Exclusions", x => x.Id);
                    table.CheckConstraint("CK_Exclusions_Target", "AnnotatorId IS NOT NULL OR TaskId IS NOT NULL OR AssignmentId IS NOT NULL");
                    table.ForeignKey(
                        name: "FK_Exclusions_Annotators_AnnotatorId",
                        column: x => x.AnnotatorId,
                        principalTable: "Annotators",
                        principalColumn: "Id",
                        onDelete: ReferentialAction.Restrict);
                    table.ForeignKey(
                        name: "FK_Exclusions_Assignments_AssignmentId",
                        column: x => x.AssignmentId,
                        principalTable: "Assignments",
                        principalColumn: "Id",
                        onDelete: ReferentialAction.Restrict);
                    table.ForeignKey(
                        name: "FK_Exclusions_Projects_ProjectId",
                        column: x => x.ProjectId,
                        principalTable: "Projects",
                        principalColumn: "Id",
                        onDelete: ReferentialAction.Restrict);
                    table.ForeignKey(
                        name: "FK_Exclusions_Tasks_TaskId",
                        column: x => x.TaskId,
                        principalTable: "Tasks",
                        principalColumn: "Id",
                        onDelete: ReferentialAction.Restrict);
                });

            migrationBuilder.CreateTable(
                name: "GoldAnswers",
                columns: table => new
                {
                    TaskId = table.Column<Guid>(type: "TEXT", nullable: false),
                    Answers = table.Column<string>(type: "TEXT", nullable: false),
                    Explanation = table.Column<string>(type: "TEXT", nullable: true),
                    Created = table.Column<long>(type: "INTEGER", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_GoldAnswers", x => x.TaskId);
                    table.ForeignKey(
                        name: "FK_GoldAnswers_Tasks_TaskId",
                        column: x => x.TaskId,
                        principalTable: "Tasks",
                        principalColumn: "Id",
                        onDelete: ReferentialAction.Restrict);
                });

            migrationBuilder.CreateTable(
                name: "Members",
                columns: table => new
                {
                    ProjectId = table.Column<Guid>(type: "TEXT", nullable: false),
                    AnnotatorId = table.Column<Guid>(type: "TEXT", nullable: false),
                    Role = table.Column<string>(type: "TEXT", nullable: false),
                    State = table.Column<string>(type: "TEXT", nullable: false),
                    Reason = table.Column<string>(type: "TEXT", nullable: true),
                    StateChanged = table.Column<long>(type: "INTEGER", nullable: true),
                    Qualified = table.Column<long>(type: "INTEGER", nullable: true),
                    QualificationTry = table.Column<int>(type: "INTEGER", nullable: false),
                    ExternalWorkerId = table.Column<string>(type: "TEXT", nullable: true),
                    ExternalSession = table.Column<string>(type: "TEXT", nullable: true),
                    CompletionCode = table.Column<string>(type: "TEXT", nullable: true),
                    NextPosition = table.Column<long>(type: "INTEGER", nullable: false),
                    Leased = table.Column<int>(type: "INTEGER", nullable: false),
                    Answered = table.Column<int>(type: "INTEGER", nullable: false),
                    Golds = table.Column<int>(type: "INTEGER", nullable: false),
                    GoldsCorrect = table.Column<int>(type: "INTEGER", nullable: false),
                    Repeats = table.Column<int>(type: "INTEGER", nullable: false),
                    RepeatsAgreed = table.Column<int>(type: "INTEGER", nullable: false),
                    Joined = table.Column<long>(type: "INTEGER", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_Members", x => new { x.ProjectId, x.AnnotatorId });
                    table.ForeignKey(
                        name: "FK_Members_Annotators_AnnotatorId",
                        column: x => x.AnnotatorId,
                        principalTable: "Annotators",
                        principalColumn: "Id",
                        onDelete: ReferentialAction.Restrict);
                    table.ForeignKey(
                        name: "FK_Members_Projects_ProjectId",
                        column: x => x.ProjectId,
                        principalTable: "Projects",
                        principalColumn: "Id",
                        onDelete: ReferentialAction.Restrict);
                });

            migrationBuilder.CreateTable(
                name: "ProjectCounts",
                columns: table => new
                {
                    ProjectId = table.Column<Guid>(type: "TEXT", nullable: false),
                    Tasks = table.Column<int>(type: "INTEGER", nullable: false),
                    Complete = table.Column<int>(type: "INTEGER", nullable: false),
                    Answered = table.Column<int>(type: "INTEGER", nullable: false),
                    OwnOverlapTasks = table.Column<int>(type: "INTEGER", nullable: false),
                    OwnOverlap = table.Column<int>(type: "INTEGER", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_ProjectCounts", x => x.ProjectId);
                    table.ForeignKey(
                        name: "FK_ProjectCounts_Projects_ProjectId",
                        column: x => x.ProjectId,
                        principalTable: "Projects",
                        principalColumn: "Id",
                        onDelete: ReferentialAction.Restrict);
                });

            migrationBuilder.CreateTable(
                name: "Reviews",
                columns: table => new
                {
                    Id = table.Column<Guid>(type: "TEXT", nullable: false),
                    TaskId = table.Column<Guid>(type: "TEXT", nullable: false),
                    AnnotationId = table.Column<Guid>(type: "TEXT", nullable: true),
                    ReviewerId = table.Column<Guid>(type: "TEXT", nullable: false),
                    Decision = table.Column<string>(type: "TEXT", nullable: false),
                    Answers = table.Column<string>(type: "TEXT", nullable: true),
                    Salt = table.Column<byte[]>(type: "BLOB", nullable: true),
                    Feedback = table.Column<string>(type: "TEXT", nullable: true),
                    Latest = table.Column<bool>(type: "INTEGER", nullable: false),
                    Erased = table.Column<long>(type: "INTEGER", nullable: true),
                    Created = table.Column<long>(type: "INTEGER", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_Reviews", x => x.Id);
                    table.ForeignKey(
                        name: "FK_Reviews_Annotations_AnnotationId",
                        column: x => x.AnnotationId,
                        principalTable: "Annotations",
                        principalColumn: "Id",
                        onDelete: ReferentialAction.Restrict);
                    table.ForeignKey(
                        name: "FK_Reviews_Annotators_ReviewerId",
                        column: x => x.ReviewerId,
                        principalTable: "Annotators",
                        principalColumn: "Id",
                        onDelete: ReferentialAction.Restrict);
                    table.ForeignKey(
                        name: "FK_Reviews_Tasks_TaskId",
                        column: x => x.TaskId,
                        principalTable: "Tasks",
                        principalColumn: "Id",
                        onDelete: ReferentialAction.Restrict);
                });

            migrationBuilder.CreateTable(
                name: "StaleMarks",
                columns: table => new
                {
                    TargetId = table.Column<Guid>(type: "TEXT", nullable: false),
                    CauseId = table.Column<Guid>(type: "TEXT", nullable: false),
                    Target = table.Column<string>(type: "TEXT", nullable: false),
                    Cause = table.Column<string>(type: "TEXT", nullable: false),
                    Created = table.Column<long>(type: "INTEGER", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_StaleMarks", x => new { x.TargetId, x.CauseId });
                });

            migrationBuilder.CreateTable(
                name: "Tombstones",
                columns: table => new
                {
                    Id = table.Column<long>(type: "INTEGER", nullable: false)
                        .Annotation("Sqlite:Autoincrement", true),
                    ErasureId = table.Column<Guid>(type: "TEXT", nullable: false),
                    Kind = table.Column<string>(type: "TEXT", nullable: false),
                    TargetId = table.Column<Guid>(type: "TEXT", nullable: false),
                    SaltedHash = table.Column<string>(type: "TEXT", nullable: false),
                    Created = table.Column<long>(type: "INTEGER", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_Tombstones", x => x.Id);
                });

            migrationBuilder.CreateIndex(
                name: "IX_Tasks_Known",
                table: "Tasks",
                columns: new[] { "ProjectId", "Kind", "Position" },
                filter: "\"Kind\" <> 'Normal'");

            migrationBuilder.CreateIndex(
                name: "IX_Projects_ContentSha256",
                table: "Projects",
                column: "ContentSha256",
                unique: true);

            migrationBuilder.CreateIndex(
                name: "IX_PipelineRuns_State_Created",
                table: "PipelineRuns",
                columns: new[] { "State", "Created" });

            migrationBuilder.CreateIndex(
                name: "IX_OutboxMessages_Created",
                table: "OutboxMessages",
                column: "Created",
                filter: "\"Sent\" IS NULL AND \"Failed\" IS NULL");

            migrationBuilder.CreateIndex(
                name: "IX_OutboxMessages_Sent",
                table: "OutboxMessages",
                column: "Sent",
                filter: "\"Sent\" IS NOT NULL");

            migrationBuilder.CreateIndex(
                name: "IX_Assignments_AnnotatorId_ProjectId_Kind_Closed",
                table: "Assignments",
                columns: new[] { "AnnotatorId", "ProjectId", "Kind", "Closed" });

            migrationBuilder.CreateIndex(
                name: "IX_Assignments_AnnotatorId_State_Expires",
                table: "Assignments",
                columns: new[] { "AnnotatorId", "State", "Expires" });

            migrationBuilder.CreateIndex(
                name: "IX_Assignments_Leased",
                table: "Assignments",
                columns: new[] { "ProjectId", "Expires" },
                filter: "\"State\" = 'Leased'");

            migrationBuilder.CreateIndex(
                name: "IX_Assignments_ProjectVersionId",
                table: "Assignments",
                column: "ProjectVersionId");

            migrationBuilder.CreateIndex(
                name: "IX_Assignments_TaskId_AnnotatorId_Round",
                table: "Assignments",
                columns: new[] { "TaskId", "AnnotatorId", "Round" },
                unique: true);

            migrationBuilder.CreateIndex(
                name: "IX_Exclusions_AnnotatorId",
                table: "Exclusions",
                column: "AnnotatorId");

            migrationBuilder.CreateIndex(
                name: "IX_Exclusions_AssignmentId",
                table: "Exclusions",
                column: "AssignmentId");

            migrationBuilder.CreateIndex(
                name: "IX_Exclusions_ProjectId",
                table: "Exclusions",
                column: "ProjectId");

            migrationBuilder.CreateIndex(
                name: "IX_Exclusions_TaskId",
                table: "Exclusions",
                column: "TaskId");

            migrationBuilder.CreateIndex(
                name: "IX_Members_AnnotatorId",
                table: "Members",
                column: "AnnotatorId");

            migrationBuilder.CreateIndex(
                name: "IX_Members_ProjectId_ExternalWorkerId",
                table: "Members",
                columns: new[] { "ProjectId", "ExternalWorkerId" },
                unique: true,
                filter: "\"ExternalWorkerId\" IS NOT NULL");

            migrationBuilder.CreateIndex(
                name: "IX_Reviews_Adjudicated",
                table: "Reviews",
                column: "TaskId",
                unique: true,
                filter: "\"Latest\" = 1 AND \"AnnotationId\" IS NULL");

            migrationBuilder.CreateIndex(
                name: "IX_Reviews_AnnotationId",
                table: "Reviews",
                column: "AnnotationId");

            migrationBuilder.CreateIndex(
                name: "IX_Reviews_TaskId",
                table: "Reviews",
                column: "TaskId");

            migrationBuilder.CreateIndex(
                name: "IX_Reviews_Latest",
                table: "Reviews",
                column: "AnnotationId",
                unique: true,
                filter: "\"Latest\" = 1 AND \"AnnotationId\" IS NOT NULL");

            migrationBuilder.CreateIndex(
                name: "IX_Reviews_ReviewerId",
                table: "Reviews",
                column: "ReviewerId");

            migrationBuilder.CreateIndex(
                name: "IX_Tombstones_TargetId",
                table: "Tombstones",
                column: "TargetId",
                unique: true);

            // What rows of before have in the new columns and tables.
            migrationBuilder.Sql("""
                UPDATE Assignments SET ProjectId = (SELECT t.ProjectId FROM Tasks t WHERE t.Id = Assignments.TaskId),
                    ProjectVersionId = (SELECT a.ProjectVersionId FROM Annotations a WHERE a.AssignmentId = Assignments.Id AND a.Latest = 1);
                INSERT INTO ProjectCounts (ProjectId, Tasks, Complete, Answered, OwnOverlapTasks, OwnOverlap)
                    SELECT ProjectId, COUNT(*), SUM(NOT "Open"), SUM(Answered), COUNT(Overlap), COALESCE(SUM(Overlap), 0) FROM Tasks GROUP BY ProjectId;
                INSERT INTO Members (ProjectId, AnnotatorId, Role, State, QualificationTry, NextPosition, Leased, Answered, Golds, GoldsCorrect, Repeats, RepeatsAgreed, Joined)
                    SELECT ProjectId, AnnotatorId, 'Annotator', 'Active', 0, 0, COUNT(*), SUM(State = 'Submitted'), 0, 0, 0, 0, MIN(Leased)
                    FROM Assignments GROUP BY ProjectId, AnnotatorId;
                """);

            migrationBuilder.AddForeignKey(
                name: "FK_Assignments_ProjectVersions_ProjectVersionId",
                table: "Assignments",
                column: "ProjectVersionId",
                principalTable: "ProjectVersions",
                principalColumn: "Id",
                onDelete: ReferentialAction.Restrict);
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropForeignKey(
                name: "FK_Assignments_ProjectVersions_ProjectVersionId",
                table: "Assignments");

            migrationBuilder.DropTable(
                name: "CompletionGolds");

            migrationBuilder.DropTable(
                name: "Drafts");

            migrationBuilder.DropTable(
                name: "Exclusions");

            migrationBuilder.DropTable(
                name: "GoldAnswers");

            migrationBuilder.DropTable(
                name: "Members");

            migrationBuilder.DropTable(
                name: "ProjectCounts");

            migrationBuilder.DropTable(
                name: "Reviews");

            migrationBuilder.DropTable(
                name: "StaleMarks");

            migrationBuilder.DropTable(
                name: "Tombstones");

            migrationBuilder.DropIndex(
                name: "IX_Tasks_Known",
                table: "Tasks");

            migrationBuilder.DropIndex(
                name: "IX_Projects_ContentSha256",
                table: "Projects");

            migrationBuilder.DropIndex(
                name: "IX_PipelineRuns_State_Created",
                table: "PipelineRuns");

            migrationBuilder.DropIndex(
                name: "IX_OutboxMessages_Created",
                table: "OutboxMessages");

            migrationBuilder.DropIndex(
                name: "IX_OutboxMessages_Sent",
                table: "OutboxMessages");

            migrationBuilder.DropIndex(
                name: "IX_Assignments_AnnotatorId_ProjectId_Kind_Closed",
                table: "Assignments");

            migrationBuilder.DropIndex(
                name: "IX_Assignments_AnnotatorId_State_Expires",
                table: "Assignments");

            migrationBuilder.DropIndex(
                name: "IX_Assignments_Leased",
                table: "Assignments");

            migrationBuilder.DropIndex(
                name: "IX_Assignments_ProjectVersionId",
                table: "Assignments");

            migrationBuilder.DropIndex(
                name: "IX_Assignments_TaskId_AnnotatorId_Round",
                table: "Assignments");

            migrationBuilder.DropColumn(
                name: "Erased",
                table: "Tasks");

            migrationBuilder.DropColumn(
                name: "Kind",
                table: "Tasks");

            migrationBuilder.DropColumn(
                name: "ParentCompletionId",
                table: "Tasks");

            migrationBuilder.DropColumn(
                name: "PipelineRunId",
                table: "Tasks");

            migrationBuilder.DropColumn(
                name: "SplitGroup",
                table: "Tasks");

            migrationBuilder.DropColumn(
                name: "FailureKind",
                table: "Runs");

            migrationBuilder.DropColumn(
                name: "Failures",
                table: "Runs");

            migrationBuilder.DropColumn(
                name: "SucceededAttempt",
                table: "Runs");

            migrationBuilder.DropColumn(
                name: "ContentSha256",
                table: "Projects");

            migrationBuilder.DropColumn(
                name: "CreatedBy",
                table: "Projects");

            migrationBuilder.DropColumn(
                name: "ImportSource",
                table: "Projects");

            migrationBuilder.DropColumn(
                name: "Settings",
                table: "Projects");

            migrationBuilder.DropColumn(
                name: "CancelRequested",
                table: "PipelineRuns");

            migrationBuilder.DropColumn(
                name: "Command",
                table: "PipelineRuns");

            migrationBuilder.DropColumn(
                name: "CreatedBy",
                table: "PipelineRuns");

            migrationBuilder.DropColumn(
                name: "Notes",
                table: "PipelineRuns");

            migrationBuilder.DropColumn(
                name: "Tags",
                table: "PipelineRuns");

            migrationBuilder.DropColumn(
                name: "Attempts",
                table: "OutboxMessages");

            migrationBuilder.DropColumn(
                name: "Error",
                table: "OutboxMessages");

            migrationBuilder.DropColumn(
                name: "Failed",
                table: "OutboxMessages");

            migrationBuilder.DropColumn(
                name: "Hash",
                table: "DatasetVersionEntries");

            migrationBuilder.DropColumn(
                name: "Weight",
                table: "DatasetVersionEntries");

            migrationBuilder.DropColumn(
                name: "Correct",
                table: "Assignments");

            migrationBuilder.DropColumn(
                name: "Kind",
                table: "Assignments");

            migrationBuilder.DropColumn(
                name: "OrderShown",
                table: "Assignments");

            migrationBuilder.DropColumn(
                name: "ProjectId",
                table: "Assignments");

            migrationBuilder.DropColumn(
                name: "ProjectVersionId",
                table: "Assignments");

            migrationBuilder.DropColumn(
                name: "Round",
                table: "Assignments");

            migrationBuilder.DropColumn(
                name: "Erased",
                table: "Annotators");

            migrationBuilder.DropColumn(
                name: "Profile",
                table: "Annotators");

            migrationBuilder.DropColumn(
                name: "ActiveSeconds",
                table: "Annotations");

            migrationBuilder.DropColumn(
                name: "Erased",
                table: "Annotations");

            migrationBuilder.DropColumn(
                name: "Kind",
                table: "Annotations");

            migrationBuilder.DropColumn(
                name: "Salt",
                table: "Annotations");

            migrationBuilder.RenameColumn(
                name: "SamplingSettings",
                table: "Completions",
                newName: "Sampling");

            migrationBuilder.CreateTable(
                name: "ProcessedMessages",
                columns: table => new
                {
                    MessageId = table.Column<Guid>(type: "TEXT", nullable: false),
                    Consumer = table.Column<string>(type: "TEXT", nullable: false),
                    Processed = table.Column<long>(type: "INTEGER", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_ProcessedMessages", x => new { x.MessageId, x.Consumer });
                });

            migrationBuilder.CreateIndex(
                name: "IX_OutboxMessages_Created",
                table: "OutboxMessages",
                column: "Created",
                filter: "\"Sent\" IS NULL");

            migrationBuilder.CreateIndex(
                name: "IX_Assignments_AnnotatorId_State",
                table: "Assignments",
                columns: new[] { "AnnotatorId", "State" });

            migrationBuilder.CreateIndex(
                name: "IX_Assignments_TaskId_AnnotatorId",
                table: "Assignments",
                columns: new[] { "TaskId", "AnnotatorId" },
                unique: true);
        }
    }
}

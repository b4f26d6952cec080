using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.ChangeTracking;
using Microsoft.EntityFrameworkCore.Storage.ValueConversion;
using Rlhf.Core.Content;
using Rlhf.Storage.Entities;
using Rlhf.Storage.Json;

namespace Rlhf.Storage;

/// <summary>rlhf.db: labeling projects, annotations, datasets, runs, and the lineage of all of them.</summary>
public sealed class RlhfDbContext(DbContextOptions<RlhfDbContext> options) : DbContext(options)
{
    /// <summary>Those of the transaction that this context is for; null for a context to read with.</summary>
    internal PreparedCommands? Prepared { get; set; }

    public DbSet<LabelingProject> Projects => Set<LabelingProject>();

    public DbSet<LabelingProjectVersion> ProjectVersions => Set<LabelingProjectVersion>();

    public DbSet<ProjectMember> Members => Set<ProjectMember>();

    public DbSet<ProjectCounts> ProjectCounts => Set<ProjectCounts>();

    public DbSet<LabelingTask> Tasks => Set<LabelingTask>();

    public DbSet<Completion> Completions => Set<Completion>();

    public DbSet<CompletionTokens> CompletionTokens => Set<CompletionTokens>();

    public DbSet<CompletionGold> CompletionGolds => Set<CompletionGold>();

    public DbSet<GoldAnswer> GoldAnswers => Set<GoldAnswer>();

    public DbSet<Annotator> Annotators => Set<Annotator>();

    public DbSet<Assignment> Assignments => Set<Assignment>();

    public DbSet<Annotation> Annotations => Set<Annotation>();

    public DbSet<Draft> Drafts => Set<Draft>();

    public DbSet<Review> Reviews => Set<Review>();

    public DbSet<Exclusion> Exclusions => Set<Exclusion>();

    public DbSet<Tombstone> Tombstones => Set<Tombstone>();

    public DbSet<StaleMark> StaleMarks => Set<StaleMark>();

    public DbSet<DatasetVersion> DatasetVersions => Set<DatasetVersion>();

    public DbSet<DatasetVersionEntry> DatasetVersionEntries => Set<DatasetVersionEntry>();

    public DbSet<Checkpoint> Checkpoints => Set<Checkpoint>();

    public DbSet<CheckpointParent> CheckpointParents => Set<CheckpointParent>();

    public DbSet<Run> Runs => Set<Run>();

    public DbSet<PipelineRun> PipelineRuns => Set<PipelineRun>();

    public DbSet<OutboxMessage> OutboxMessages => Set<OutboxMessage>();

    protected override void OnModelCreating(ModelBuilder modelBuilder) =>
        modelBuilder.ApplyConfigurationsFromAssembly(typeof(RlhfDbContext).Assembly);

    protected override void ConfigureConventions(ModelConfigurationBuilder configurationBuilder)
    {
        // Milliseconds since 1970, so that the database itself can compare and sort.
        configurationBuilder.Properties<DateTimeOffset>().HaveConversion<UnixMilliseconds>();
        // Names, so that the numbers of an enum may change and rows can be read by eye.
        configurationBuilder.Properties<AssignmentState>().HaveConversion<string>();
        configurationBuilder.Properties<TaskKind>().HaveConversion<string>();
        configurationBuilder.Properties<ProjectRole>().HaveConversion<string>();
        configurationBuilder.Properties<MemberState>().HaveConversion<string>();
        configurationBuilder.Properties<ReviewDecision>().HaveConversion<string>();
        configurationBuilder.Properties<ErasureKind>().HaveConversion<string>();
        configurationBuilder.Properties<StaleTarget>().HaveConversion<string>();
        configurationBuilder.Properties<StaleCause>().HaveConversion<string>();
        configurationBuilder.Properties<RunState>().HaveConversion<string>();
        configurationBuilder.Properties<FailureKind>().HaveConversion<string>();
        configurationBuilder.Properties<CheckpointKind>().HaveConversion<string>();
        configurationBuilder.Properties<IReadOnlyList<Message>>()
            .HaveConversion<AsJson<IReadOnlyList<Message>>, JsonComparer<IReadOnlyList<Message>>>();
        configurationBuilder.Properties<IReadOnlyList<Question>>()
            .HaveConversion<AsJson<IReadOnlyList<Question>>, JsonComparer<IReadOnlyList<Question>>>();
        configurationBuilder.Properties<IReadOnlyList<int>>()
            .HaveConversion<AsJson<IReadOnlyList<int>>, JsonComparer<IReadOnlyList<int>>>();
        configurationBuilder.Properties<IReadOnlyList<string>>()
            .HaveConversion<AsJson<IReadOnlyList<string>>, JsonComparer<IReadOnlyList<string>>>();
        configurationBuilder.Properties<ProjectSettings>().HaveConversion<AsJson<ProjectSettings>, JsonComparer<ProjectSettings>>();
        configurationBuilder.Properties<Answers>().HaveConversion<AsJson<Answers>, JsonComparer<Answers>>();
    }

    private sealed class UnixMilliseconds() : ValueConverter<DateTimeOffset, long>(
        time => time.ToUnixTimeMilliseconds(), number => DateTimeOffset.FromUnixTimeMilliseconds(number));

    private sealed class AsJson<T>() : ValueConverter<T, string>(value => ContentJson.Write(value), json => ContentJson.Read<T>(json));

    /// <summary>These values are never changed in place, so the snapshot is the value itself.</summary>
    private sealed class JsonComparer<T>() : ValueComparer<T>(
        (a, b) => ReferenceEquals(a, b) || (a != null && b != null && ContentJson.Write(a) == ContentJson.Write(b)),
        value => value == null ? 0 : ContentJson.Write(value).GetHashCode(StringComparison.Ordinal),
        value => value);
}

using System.Runtime.InteropServices;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.ChangeTracking;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace Rlhf.Storage.Entities;

internal sealed class LabelingProjectConfiguration : IEntityTypeConfiguration<LabelingProject>
{
    public void Configure(EntityTypeBuilder<LabelingProject> builder)
    {
        builder.Property(p => p.Id).ValueGeneratedNever();
        builder.Property(p => p.Settings).HasDefaultValueSql("'{}'").ValueGeneratedNever();
        builder.HasIndex(p => p.Name).IsUnique();
        builder.HasIndex(p => p.ContentSha256).IsUnique();
        builder.HasIndex(p => p.RunId).IsUnique();
        builder.ToTable(t => t.HasCheckConstraint("CK_Projects_Overlap", "Overlap >= 1"));
        builder.HasMany(p => p.Versions).WithOne().HasForeignKey(v => v.ProjectId).OnDelete(DeleteBehavior.Restrict);
    }
}

internal sealed class LabelingProjectVersionConfiguration : IEntityTypeConfiguration<LabelingProjectVersion>
{
    public void Configure(EntityTypeBuilder<LabelingProjectVersion> builder)
    {
        builder.Property(v => v.Id).ValueGeneratedNever();
        builder.HasIndex(v => new { v.ProjectId, v.Number }).IsUnique();
    }
}

internal sealed class ProjectMemberConfiguration : IEntityTypeConfiguration<ProjectMember>
{
    public void Configure(EntityTypeBuilder<ProjectMember> builder)
    {
        builder.HasKey(m => new { m.ProjectId, m.AnnotatorId });
        builder.HasOne<LabelingProject>().WithMany().HasForeignKey(m => m.ProjectId).OnDelete(DeleteBehavior.Restrict);
        builder.HasOne<Annotator>().WithMany().HasForeignKey(m => m.AnnotatorId).OnDelete(DeleteBehavior.Restrict);
        // An external worker who comes back is the same annotator.
        builder.HasIndex(m => new { m.ProjectId, m.ExternalWorkerId }).IsUnique().HasFilter("\"ExternalWorkerId\" IS NOT NULL");
    }
}

internal sealed class ProjectCountsConfiguration : IEntityTypeConfiguration<ProjectCounts>
{
    public void Configure(EntityTypeBuilder<ProjectCounts> builder)
    {
        builder.HasKey(c => c.ProjectId);
        builder.Property(c => c.ProjectId).ValueGeneratedNever();
        builder.HasOne<LabelingProject>().WithOne().HasForeignKey<ProjectCounts>(c => c.ProjectId).OnDelete(DeleteBehavior.Restrict);
    }
}

internal sealed class LabelingTaskConfiguration : IEntityTypeConfiguration<LabelingTask>
{
    public void Configure(EntityTypeBuilder<LabelingTask> builder)
    {
        builder.Property(t => t.Id).ValueGeneratedNever();
        builder.Property(t => t.Kind).HasDefaultValueSql("'Normal'").ValueGeneratedNever();
        builder.HasOne<LabelingProject>().WithMany().HasForeignKey(t => t.ProjectId).OnDelete(DeleteBehavior.Restrict);
        builder.HasMany(t => t.Completions).WithOne().HasForeignKey(c => c.TaskId).OnDelete(DeleteBehavior.Restrict);
        builder.HasIndex(t => new { t.ProjectId, t.ContentKey }).IsUnique();
        builder.HasIndex(t => new { t.ProjectId, t.Position });
        // The next task is looked for among the open ones only, however many are done. (SQLite uses the index only where the
        // query has the very same term.)
        builder.HasIndex(t => new { t.ProjectId, t.Position }, "IX_Tasks_Open").HasFilter("\"Open\"");
        builder.HasIndex(t => new { t.ProjectId, t.Kind, t.Position }, "IX_Tasks_Known").HasFilter("\"Kind\" <> 'Normal'");
        builder.HasIndex(t => t.RunId);
        builder.ToTable(t => t.HasCheckConstraint("CK_Tasks_Overlap", "Overlap IS NULL OR Overlap >= 1"));
    }
}

internal sealed class GoldAnswerConfiguration : IEntityTypeConfiguration<GoldAnswer>
{
    public void Configure(EntityTypeBuilder<GoldAnswer> builder)
    {
        builder.HasKey(g => g.TaskId);
        builder.Property(g => g.TaskId).ValueGeneratedNever();
        builder.HasOne<LabelingTask>().WithOne().HasForeignKey<GoldAnswer>(g => g.TaskId).OnDelete(DeleteBehavior.Restrict);
    }
}

internal sealed class CompletionConfiguration : IEntityTypeConfiguration<Completion>
{
    public void Configure(EntityTypeBuilder<Completion> builder)
    {
        builder.Property(c => c.Id).ValueGeneratedNever();
        builder.HasIndex(c => new { c.TaskId, c.Index }).IsUnique();
        builder.HasOne(c => c.Tokens).WithOne().HasForeignKey<CompletionTokens>(t => t.CompletionId).OnDelete(DeleteBehavior.Cascade);
        builder.HasMany(c => c.Golds).WithOne().HasForeignKey(s => s.CompletionId).OnDelete(DeleteBehavior.Cascade);
        builder.HasOne<Checkpoint>().WithMany().HasForeignKey(c => c.CheckpointId).OnDelete(DeleteBehavior.Restrict);
    }
}

internal sealed class CompletionGoldConfiguration : IEntityTypeConfiguration<CompletionGold>
{
    public void Configure(EntityTypeBuilder<CompletionGold> builder) => builder.HasKey(s => new { s.CompletionId, s.GoldReward });
}

internal sealed class CompletionTokensConfiguration : IEntityTypeConfiguration<CompletionTokens>
{
    public void Configure(EntityTypeBuilder<CompletionTokens> builder)
    {
        builder.HasKey(t => t.CompletionId);
        builder.Property(t => t.CompletionId).ValueGeneratedNever();
        builder.Property(t => t.Ids).HasConversion(
            ids => MemoryMarshal.AsBytes<int>(ids).ToArray(),
            bytes => MemoryMarshal.Cast<byte, int>(bytes).ToArray(),
            new ValueComparer<int[]>((a, b) => a!.SequenceEqual(b!), a => a.Length, a => a));
        builder.Property(t => t.LogProbs).HasConversion(
            numbers => MemoryMarshal.AsBytes<float>(numbers).ToArray(),
            bytes => MemoryMarshal.Cast<byte, float>(bytes).ToArray(),
            new ValueComparer<float[]>((a, b) => a!.SequenceEqual(b!), a => a.Length, a => a));
    }
}

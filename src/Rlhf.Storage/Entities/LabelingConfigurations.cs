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
        builder.HasIndex(p => p.Name).IsUnique();
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

internal sealed class LabelingTaskConfiguration : IEntityTypeConfiguration<LabelingTask>
{
    public void Configure(EntityTypeBuilder<LabelingTask> builder)
    {
        builder.Property(t => t.Id).ValueGeneratedNever();
        builder.HasOne<LabelingProject>().WithMany().HasForeignKey(t => t.ProjectId).OnDelete(DeleteBehavior.Restrict);
        builder.HasMany(t => t.Completions).WithOne().HasForeignKey(c => c.TaskId).OnDelete(DeleteBehavior.Restrict);
        builder.HasIndex(t => new { t.ProjectId, t.ContentKey }).IsUnique();
        builder.HasIndex(t => new { t.ProjectId, t.Position });
        // The next task is looked for among the open ones only, however many are done. (SQLite uses the index only where the
        // query has the very same term.)
        builder.HasIndex(t => new { t.ProjectId, t.Position }, "IX_Tasks_Open").HasFilter("\"Open\"");
        builder.HasIndex(t => t.RunId);
        builder.ToTable(t => t.HasCheckConstraint("CK_Tasks_Overlap", "Overlap IS NULL OR Overlap >= 1"));
    }
}

internal sealed class CompletionConfiguration : IEntityTypeConfiguration<Completion>
{
    public void Configure(EntityTypeBuilder<Completion> builder)
    {
        builder.Property(c => c.Id).ValueGeneratedNever();
        builder.HasIndex(c => new { c.TaskId, c.Index }).IsUnique();
        builder.HasOne(c => c.Tokens).WithOne().HasForeignKey<CompletionTokens>(t => t.CompletionId).OnDelete(DeleteBehavior.Cascade);
        builder.HasOne<Checkpoint>().WithMany().HasForeignKey(c => c.CheckpointId).OnDelete(DeleteBehavior.Restrict);
    }
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

internal sealed class AnnotatorConfiguration : IEntityTypeConfiguration<Annotator>
{
    public void Configure(EntityTypeBuilder<Annotator> builder) => builder.Property(a => a.Id).ValueGeneratedNever();
}

internal sealed class AssignmentConfiguration : IEntityTypeConfiguration<Assignment>
{
    public void Configure(EntityTypeBuilder<Assignment> builder)
    {
        builder.Property(a => a.Id).ValueGeneratedNever();
        builder.HasOne<LabelingTask>().WithMany().HasForeignKey(a => a.TaskId).OnDelete(DeleteBehavior.Restrict);
        builder.HasOne<Annotator>().WithMany().HasForeignKey(a => a.AnnotatorId).OnDelete(DeleteBehavior.Restrict);
        // One person never holds two seats of a task.
        builder.HasIndex(a => new { a.TaskId, a.AnnotatorId }).IsUnique();
        builder.HasIndex(a => new { a.AnnotatorId, a.State });
    }
}

internal sealed class AnnotationConfiguration : IEntityTypeConfiguration<Annotation>
{
    public void Configure(EntityTypeBuilder<Annotation> builder)
    {
        builder.Property(a => a.Id).ValueGeneratedNever();
        builder.HasOne<Assignment>().WithMany().HasForeignKey(a => a.AssignmentId).OnDelete(DeleteBehavior.Restrict);
        builder.HasOne<LabelingTask>().WithMany().HasForeignKey(a => a.TaskId).OnDelete(DeleteBehavior.Restrict);
        builder.HasOne<Annotator>().WithMany().HasForeignKey(a => a.AnnotatorId).OnDelete(DeleteBehavior.Restrict);
        builder.HasOne<LabelingProjectVersion>().WithMany().HasForeignKey(a => a.ProjectVersionId).OnDelete(DeleteBehavior.Restrict);
        builder.HasIndex(a => new { a.AssignmentId, a.Revision }).IsUnique();
        builder.HasIndex(a => a.AssignmentId, "IX_Annotations_Latest").IsUnique().HasFilter("\"Latest\" = 1");
    }
}

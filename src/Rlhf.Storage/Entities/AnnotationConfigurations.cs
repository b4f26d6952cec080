using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace Rlhf.Storage.Entities;

internal sealed class AnnotatorConfiguration : IEntityTypeConfiguration<Annotator>
{
    public void Configure(EntityTypeBuilder<Annotator> builder) => builder.Property(a => a.Id).ValueGeneratedNever();
}

internal sealed class AssignmentConfiguration : IEntityTypeConfiguration<Assignment>
{
    public void Configure(EntityTypeBuilder<Assignment> builder)
    {
        builder.Property(a => a.Id).ValueGeneratedNever();
        builder.Property(a => a.Kind).HasDefaultValueSql("'Normal'").ValueGeneratedNever();
        builder.HasOne<LabelingTask>().WithMany().HasForeignKey(a => a.TaskId).OnDelete(DeleteBehavior.Restrict);
        builder.HasOne<Annotator>().WithMany().HasForeignKey(a => a.AnnotatorId).OnDelete(DeleteBehavior.Restrict);
        builder.HasOne<LabelingProjectVersion>().WithMany().HasForeignKey(a => a.ProjectVersionId).OnDelete(DeleteBehavior.Restrict);
        // One person never holds two seats of a task; a repeat is a round of its own.
        builder.HasIndex(a => new { a.TaskId, a.AnnotatorId, a.Round }).IsUnique();
        // Somebody's leases, newest answers (for repeats) and golds; the leases of a project.
        builder.HasIndex(a => new { a.AnnotatorId, a.State, a.Expires });
        builder.HasIndex(a => new { a.AnnotatorId, a.ProjectId, a.Kind, a.Closed });
        builder.HasIndex(a => new { a.ProjectId, a.Expires }, "IX_Assignments_Leased").HasFilter("\"State\" = 'Leased'");
    }
}

internal sealed class AnnotationConfiguration : IEntityTypeConfiguration<Annotation>
{
    public void Configure(EntityTypeBuilder<Annotation> builder)
    {
        builder.Property(a => a.Id).ValueGeneratedNever();
        builder.Property(a => a.Kind).HasDefaultValueSql("'Normal'").ValueGeneratedNever();
        builder.HasOne<Assignment>().WithMany().HasForeignKey(a => a.AssignmentId).OnDelete(DeleteBehavior.Restrict);
        builder.HasOne<LabelingTask>().WithMany().HasForeignKey(a => a.TaskId).OnDelete(DeleteBehavior.Restrict);
        builder.HasOne<Annotator>().WithMany().HasForeignKey(a => a.AnnotatorId).OnDelete(DeleteBehavior.Restrict);
        builder.HasOne<LabelingProjectVersion>().WithMany().HasForeignKey(a => a.ProjectVersionId).OnDelete(DeleteBehavior.Restrict);
        builder.HasIndex(a => new { a.AssignmentId, a.Revision }).IsUnique();
        builder.HasIndex(a => a.AssignmentId, "IX_Annotations_Latest").IsUnique().HasFilter("\"Latest\" = 1");
    }
}

internal sealed class DraftConfiguration : IEntityTypeConfiguration<Draft>
{
    public void Configure(EntityTypeBuilder<Draft> builder)
    {
        builder.HasKey(d => d.AssignmentId);
        builder.Property(d => d.AssignmentId).ValueGeneratedNever();
        builder.HasOne<Assignment>().WithOne().HasForeignKey<Draft>(d => d.AssignmentId).OnDelete(DeleteBehavior.Restrict);
    }
}

internal sealed class ReviewConfiguration : IEntityTypeConfiguration<Review>
{
    public void Configure(EntityTypeBuilder<Review> builder)
    {
        builder.Property(r => r.Id).ValueGeneratedNever();
        builder.HasOne<LabelingTask>().WithMany().HasForeignKey(r => r.TaskId).OnDelete(DeleteBehavior.Restrict);
        builder.HasOne<Annotation>().WithMany().HasForeignKey(r => r.AnnotationId).OnDelete(DeleteBehavior.Restrict);
        builder.HasOne<Annotator>().WithMany().HasForeignKey(r => r.ReviewerId).OnDelete(DeleteBehavior.Restrict);
        // The partial ones below do not serve foreign keys: without these, every new annotation would scan the reviews.
        builder.HasIndex(r => r.AnnotationId);
        builder.HasIndex(r => r.TaskId);
        builder.HasIndex(r => r.AnnotationId, "IX_Reviews_Latest").IsUnique().HasFilter("\"Latest\" = 1 AND \"AnnotationId\" IS NOT NULL");
        builder.HasIndex(r => r.TaskId, "IX_Reviews_Adjudicated").IsUnique().HasFilter("\"Latest\" = 1 AND \"AnnotationId\" IS NULL");
    }
}

internal sealed class ExclusionConfiguration : IEntityTypeConfiguration<Exclusion>
{
    public void Configure(EntityTypeBuilder<Exclusion> builder)
    {
        builder.Property(e => e.Id).ValueGeneratedNever();
        builder.HasOne<LabelingProject>().WithMany().HasForeignKey(e => e.ProjectId).OnDelete(DeleteBehavior.Restrict);
        builder.HasOne<Annotator>().WithMany().HasForeignKey(e => e.AnnotatorId).OnDelete(DeleteBehavior.Restrict);
        builder.HasOne<LabelingTask>().WithMany().HasForeignKey(e => e.TaskId).OnDelete(DeleteBehavior.Restrict);
        builder.HasOne<Assignment>().WithMany().HasForeignKey(e => e.AssignmentId).OnDelete(DeleteBehavior.Restrict);
        builder.ToTable(t => t.HasCheckConstraint(
            "CK_Exclusions_Target", "AnnotatorId IS NOT NULL OR TaskId IS NOT NULL OR AssignmentId IS NOT NULL"));
    }
}

internal sealed class TombstoneConfiguration : IEntityTypeConfiguration<Tombstone>
{
    public void Configure(EntityTypeBuilder<Tombstone> builder) => builder.HasIndex(t => t.TargetId).IsUnique();
}

internal sealed class StaleMarkConfiguration : IEntityTypeConfiguration<StaleMark>
{
    public void Configure(EntityTypeBuilder<StaleMark> builder) => builder.HasKey(m => new { m.TargetId, m.CauseId });
}

using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace Rlhf.Storage.Entities;

internal sealed class RunConfiguration : IEntityTypeConfiguration<Run>
{
    public void Configure(EntityTypeBuilder<Run> builder)
    {
        builder.Property(r => r.Id).ValueGeneratedNever();
        builder.HasOne<PipelineRun>().WithMany().HasForeignKey(r => r.PipelineRunId).OnDelete(DeleteBehavior.Restrict);
        builder.HasOne<DatasetVersion>().WithMany().HasForeignKey(r => r.DatasetVersionId).OnDelete(DeleteBehavior.Restrict);
        builder.HasIndex(r => new { r.State, r.Created });
    }
}

internal sealed class PipelineRunConfiguration : IEntityTypeConfiguration<PipelineRun>
{
    public void Configure(EntityTypeBuilder<PipelineRun> builder)
    {
        builder.Property(r => r.Id).ValueGeneratedNever();
        builder.Property(r => r.Tags).HasDefaultValueSql("'[]'").ValueGeneratedNever();
        builder.HasIndex(r => new { r.State, r.Created });
    }
}

internal sealed class CheckpointConfiguration : IEntityTypeConfiguration<Checkpoint>
{
    public void Configure(EntityTypeBuilder<Checkpoint> builder)
    {
        builder.Property(c => c.Id).ValueGeneratedNever();
        builder.HasOne<Run>().WithMany().HasForeignKey(c => c.RunId).OnDelete(DeleteBehavior.Restrict);
        builder.HasOne<DatasetVersion>().WithMany().HasForeignKey(c => c.DatasetVersionId).OnDelete(DeleteBehavior.Restrict);
        builder.HasMany(c => c.Parents).WithOne().HasForeignKey(p => p.CheckpointId).OnDelete(DeleteBehavior.Restrict);
        builder.HasIndex(c => c.Sha256);
    }
}

internal sealed class CheckpointParentConfiguration : IEntityTypeConfiguration<CheckpointParent>
{
    public void Configure(EntityTypeBuilder<CheckpointParent> builder)
    {
        builder.HasKey(p => new { p.CheckpointId, p.ParentId, p.Role });
        builder.HasOne<Checkpoint>().WithMany().HasForeignKey(p => p.ParentId).OnDelete(DeleteBehavior.Restrict);
    }
}

internal sealed class DatasetVersionConfiguration : IEntityTypeConfiguration<DatasetVersion>
{
    public void Configure(EntityTypeBuilder<DatasetVersion> builder)
    {
        builder.Property(v => v.Id).ValueGeneratedNever();
        builder.HasIndex(v => v.Name).IsUnique();
    }
}

internal sealed class DatasetVersionEntryConfiguration : IEntityTypeConfiguration<DatasetVersionEntry>
{
    public void Configure(EntityTypeBuilder<DatasetVersionEntry> builder)
    {
        builder.HasKey(e => new { e.DatasetVersionId, e.AnnotationId });
        builder.HasOne<DatasetVersion>().WithMany().HasForeignKey(e => e.DatasetVersionId).OnDelete(DeleteBehavior.Restrict);
        builder.Property(e => e.Weight).HasDefaultValue(1.0).ValueGeneratedNever();
        builder.HasOne<Annotation>().WithMany().HasForeignKey(e => e.AnnotationId).OnDelete(DeleteBehavior.Restrict);
    }
}

internal sealed class OutboxMessageConfiguration : IEntityTypeConfiguration<OutboxMessage>
{
    public void Configure(EntityTypeBuilder<OutboxMessage> builder)
    {
        builder.Property(m => m.Id).ValueGeneratedNever();
        builder.HasIndex(m => m.Created).HasFilter("\"Sent\" IS NULL AND \"Failed\" IS NULL");
        // For the purge of what was sent.
        builder.HasIndex(m => m.Sent).HasFilter("\"Sent\" IS NOT NULL");
    }
}

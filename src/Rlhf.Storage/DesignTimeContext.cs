using Microsoft.EntityFrameworkCore.Design;

namespace Rlhf.Storage;

/// <summary>For <c>dotnet ef migrations add NAME --project src/Rlhf.Storage</c>; the program itself never uses it.</summary>
internal sealed class DesignTimeContext : IDesignTimeDbContextFactory<RlhfDbContext>
{
    public RlhfDbContext CreateDbContext(string[] args) => new(RlhfDatabase.Options("design-time.db"));
}

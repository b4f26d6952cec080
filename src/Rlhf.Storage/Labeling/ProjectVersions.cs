using System.Collections.Concurrent;
using Microsoft.EntityFrameworkCore;
using Rlhf.Core;
using Rlhf.Storage.Entities;

namespace Rlhf.Storage.Labeling;

/// <summary>Versions of projects by their id. A version never changes, so each is read once. Thread-safe.</summary>
public sealed class ProjectVersions(RlhfDatabase database)
{
    private const int MaxKept = 1000;

    private readonly ConcurrentDictionary<Guid, LabelingProjectVersion> _versions = new();

    /// <exception cref="UserError">No such version.</exception>
    public async Task<LabelingProjectVersion> GetAsync(Guid id, CancellationToken cancellation = default)
    {
        if (_versions.TryGetValue(id, out var known))
            return known;
        await using var db = database.OpenReadContext();
        var version = await db.ProjectVersions.SingleOrDefaultAsync(v => v.Id == id, cancellation)
            ?? throw new UserError($"no version {id} of a labeling project") { Kind = ErrorKind.NotFound };
        if (_versions.Count >= MaxKept)
            _versions.Clear();
        return _versions[id] = version;
    }
}

using Microsoft.EntityFrameworkCore;
using Rlhf.Storage.Entities;
using Rlhf.Storage.Labeling;

namespace Rlhf.Storage.Quality;

/// <summary>
/// Numbers and names the policies behind completions: the checkpoint that sampled it, else the source that came with it.
/// </summary>
internal sealed class PolicyNames(RlhfDbContext db)
{
    private const int ShownDigits = 8;

    private readonly Dictionary<(Guid?, string?), int> _known = [];
    private readonly List<string> _names = [];
    private readonly List<string?> _sources = [];

    public IReadOnlyList<string> Names => _names;

    /// <summary>The source as it was given; null for a checkpoint and for −1.</summary>
    public string? Source(int policy) => policy < 0 ? null : _sources[policy];

    /// <summary>−1 where neither is known.</summary>
    public async ValueTask<int> IndexAsync(Guid? checkpoint, string? samplingSettings, CancellationToken cancellation)
    {
        if (checkpoint is null && samplingSettings is null)
            return -1;
        var key = (checkpoint, checkpoint is null ? samplingSettings : null);
        if (_known.TryGetValue(key, out int known))
            return known;
        string? source = checkpoint is null ? CompletionSource.Read(samplingSettings) : null;
        string? name = checkpoint is { } id ? await NameAsync(id, cancellation) : string.IsNullOrWhiteSpace(source) ? null : source;
        if (name is null)
            return _known[key] = -1;
        int index = _names.IndexOf(name);
        if (index < 0)
        {
            index = _names.Count;
            _names.Add(name);
            _sources.Add(source);
        }
        return _known[key] = index;
    }

    /// <summary>"ppo of quickstart 1a2b3c4d", or the folder of a model that was brought along.</summary>
    private async Task<string> NameAsync(Guid id, CancellationToken cancellation)
    {
        var found = await (
            from c in db.Checkpoints
            where c.Id == id
            from r in db.Runs.Where(r => r.Id == c.RunId).DefaultIfEmpty()
            from p in db.PipelineRuns.Where(p => r != null && p.Id == r.PipelineRunId).DefaultIfEmpty()
            select new { c.Path, c.Sha256, Run = (Run?)r, Pipeline = (string?)p!.Name }).SingleOrDefaultAsync(cancellation);
        if (found is null)
            return id.ToString();
        string digits = found.Sha256[..Math.Min(ShownDigits, found.Sha256.Length)];
        string made = found.Run is null ? Path.GetFileName(Path.TrimEndingDirectorySeparator(found.Path))
            : found.Pipeline is null ? found.Run.Kind : $"{found.Run.Kind} of {found.Pipeline}";
        return $"{made} {digits}";
    }
}

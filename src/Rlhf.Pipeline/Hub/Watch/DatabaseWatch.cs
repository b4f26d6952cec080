using Microsoft.Data.Sqlite;
using Rlhf.Storage;

namespace Rlhf.Pipeline.Hub.Watch;

/// <summary>
/// Notices when the database cannot be written any more (a full disk, say): the hub of a single command stops then, since the result
/// of its pipeline run could not be saved. A database that is merely locked by another process is waited for.
/// </summary>
public sealed class DatabaseWatch : IDisposable
{
    private const int Busy = 5;
    private const int Locked = 6;

    private readonly CancellationTokenSource _broken = new();
    private readonly Lock _gate = new();
    private readonly RlhfDatabase _database;
    private readonly TimeSpan _patience;
    private readonly TimeProvider _clock;
    private DateTimeOffset _first;
    private DateTimeOffset _latest;

    public DatabaseWatch(RlhfDatabase database, HubSettings settings, TimeProvider clock)
    {
        (_database, _patience, _clock) = (database, TimeSpan.FromSeconds(settings.LeaseSeconds), clock);
        database.WriteFailed += Note;
    }

    /// <summary>Cancelled when writes have failed for a whole lease.</summary>
    public CancellationToken Broken => _broken.Token;

    /// <summary>Why, with the path of the database; null while it can be written.</summary>
    public string? Reason { get; private set; }

    public void Dispose()
    {
        _database.WriteFailed -= Note;
        _broken.Dispose();
    }

    internal void Note(SqliteException failure)
    {
        if (failure.SqliteErrorCode is Busy or Locked)
            return;
        lock (_gate)
        {
            var now = _clock.GetUtcNow();
            // What fails to write tries again sooner: after a longer pause it is another trouble.
            if (now - _latest > _patience)
                _first = now;
            _latest = now;
            if (now - _first < _patience || Reason is not null)
                return;
            Reason = $"{_database.FilePath}: cannot be written: {failure.Message}";
        }
        _broken.Cancel();
    }
}

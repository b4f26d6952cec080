using System.Text.Json.Nodes;
using Microsoft.Data.Sqlite;
using Rlhf.Storage;
using Rlhf.Storage.Changes;

namespace Rlhf.Pipeline.Hub.Watch;

/// <summary>
/// Notices when the database cannot be written any more (a full disk, say): the hub of a single command stops then, since the result
/// of its pipeline run could not be saved, and a hub that stays says so to those who follow its runs. A database that is merely locked
/// by another process is waited for.
/// </summary>
public sealed class DatabaseWatch : IDisposable
{
    private static readonly TimeSpan Again = TimeSpan.FromMinutes(1);

    private const int Busy = 5;
    private const int Locked = 6;

    private readonly CancellationTokenSource _broken = new();
    private readonly Lock _gate = new();
    private readonly RlhfDatabase _database;
    private readonly TimeSpan _patience;
    private readonly ChangeFeed _changes;
    private readonly TimeProvider _clock;
    private DateTimeOffset _first;
    private DateTimeOffset _latest;
    private DateTimeOffset _told;

    public DatabaseWatch(RlhfDatabase database, HubSettings settings, ChangeFeed changes, TimeProvider clock)
    {
        (_database, _patience, _changes, _clock) = (database, TimeSpan.FromSeconds(settings.LeaseSeconds), changes, clock);
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
            if (now - _first < _patience || now - _told < Again)
                return;
            _told = now;
            Reason = $"{_database.FilePath}: cannot be written: {failure.Message}";
            _changes.Publish(new Change(ChangeTypes.HubNotice, null, null, now, new JsonObject { ["text"] = Reason }));
        }
        _broken.Cancel();
    }
}

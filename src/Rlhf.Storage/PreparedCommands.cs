using System.Data.Common;
using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore.Diagnostics;

namespace Rlhf.Storage;

/// <summary>
/// The statements of one transaction, prepared once each. Entity Framework makes a new command for each execution, and SQLite then reads
/// its text anew, with every trigger of the tables that it writes; a transaction of many like steps spends a fifth of its time on that.
/// </summary>
internal sealed class PreparedCommands : IDisposable
{
    /// <summary>A transaction that has more texts than this executes the others as they come.</summary>
    private const int Most = 100;

    private readonly Dictionary<string, KeptCommand> _kept = new(StringComparer.Ordinal);

    /// <summary>How many texts there are.</summary>
    public int Count => _kept.Count;

    public void Dispose()
    {
        foreach (var command in _kept.Values)
            command.End();
        _kept.Clear();
    }

    /// <summary>The command of an earlier execution with the new parameters, else the new one.</summary>
    private DbCommand Prepared(SqliteCommand made)
    {
        if (!_kept.TryGetValue(made.CommandText, out var kept))
        {
            if (_kept.Count == Most)
                return made;
            _kept.Add(made.CommandText, kept = new KeptCommand { CommandText = made.CommandText, Connection = made.Connection });
        }
        // A query inside of another one that is still being read.
        if (kept.InUse)
            return made;
        kept.InUse = true;
        kept.Transaction = made.Transaction;
        kept.CommandTimeout = made.CommandTimeout;
        kept.Parameters.Clear();
        kept.Parameters.AddRange(made.Parameters.Cast<SqliteParameter>());
        made.Dispose();
        return kept;
    }

    /// <summary>Its statements outlive the execution: Entity Framework disposes every command when it has been read.</summary>
    private sealed class KeptCommand : SqliteCommand
    {
        public bool InUse { get; set; }

        public void End() => base.Dispose(true);

        protected override void Dispose(bool disposing)
        {
            if (disposing)
                InUse = false;
            else
                base.Dispose(false);
        }
    }

    /// <summary>Puts the prepared commands in the place of the new ones, in contexts that have them.</summary>
    public sealed class Interceptor : DbCommandInterceptor
    {
        public static Interceptor Instance { get; } = new();

        public override DbCommand CommandInitialized(CommandEndEventData eventData, DbCommand result) =>
            eventData.Context is RlhfDbContext { Prepared: { } prepared } && result is SqliteCommand made ? prepared.Prepared(made)
            : result;
    }
}

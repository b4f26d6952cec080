using System.Diagnostics;
using Microsoft.Data.Sqlite;
using Rlhf.Storage.Json;

namespace Rlhf.Storage.Runs;

/// <summary>
/// Writes metrics and samples of a run to its run.db, some seconds' worth at a time. A step written again (by a resumed run)
/// replaces the old values. Not thread-safe.
/// </summary>
public sealed class RunMetricsWriter : IDisposable
{
    private const int MaxPending = 5000;
    private static readonly TimeSpan s_interval = TimeSpan.FromSeconds(1);

    private readonly SqliteConnection _connection;
    private readonly Dictionary<string, long> _ids = new(StringComparer.Ordinal);
    private readonly List<(string Name, long Step, double Value)> _points = [];
    private readonly List<RunSample> _samples = [];
    private readonly Stopwatch _sinceFlush = Stopwatch.StartNew();
    private bool _failed;

    /// <exception cref="Core.UserError">The file cannot be created, or is not the database of a run.</exception>
    public RunMetricsWriter(string path)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(path))!);
        _connection = RunDatabaseFile.Open(path, write: true);
    }

    /// <summary>Adds a step's numbers, by name ("objective/kl"). True where everything so far was written to the file.</summary>
    public bool Metrics(long step, IReadOnlyDictionary<string, double> values)
    {
        foreach (var (name, value) in values)
            _points.Add((name, step, value));
        return FlushWhenDue();
    }

    public void Samples(IEnumerable<RunSample> samples)
    {
        _samples.AddRange(samples);
        FlushWhenDue();
    }

    /// <summary>Writes what is pending, in one transaction.</summary>
    public void Flush()
    {
        _sinceFlush.Restart();
        if (_points.Count == 0 && _samples.Count == 0)
            return;
        _failed = true;
        using var transaction = _connection.BeginTransaction();
        WritePoints(transaction);
        WriteSamples(transaction);
        transaction.Commit();
        _failed = false;
        _points.Clear();
        _samples.Clear();
    }

    /// <summary>Writes what is pending, unless writing has failed already: it would wait again for the same lock or disk.</summary>
    public void Dispose()
    {
        try
        {
            if (!_failed)
                Flush();
        }
        finally
        {
            _connection.Dispose();
        }
    }

    private bool FlushWhenDue()
    {
        bool due = _points.Count + _samples.Count >= MaxPending || _sinceFlush.Elapsed > s_interval;
        if (due)
            Flush();
        return due;
    }

    private void WritePoints(SqliteTransaction transaction)
    {
        using var insert = Command(transaction, "INSERT OR REPLACE INTO Points (MetricId, Step, Value) VALUES ($metric, $step, $value);",
            "$metric", "$step", "$value");
        foreach (var (name, step, value) in _points)
        {
            insert.Parameters[0].Value = MetricId(transaction, name);
            insert.Parameters[1].Value = step;
            // SQLite has no NaN: it is kept as NULL and read back as NaN.
            insert.Parameters[2].Value = double.IsNaN(value) ? DBNull.Value : value;
            insert.ExecuteNonQuery();
        }
    }

    private void WriteSamples(SqliteTransaction transaction)
    {
        using var insert = Command(transaction,
            "INSERT OR REPLACE INTO Samples (Step, Position, Prompt, Completion, \"Values\") "
            + "VALUES ($step, $position, $prompt, $completion, $values);",
            "$step", "$position", "$prompt", "$completion", "$values");
        foreach (var sample in _samples)
        {
            insert.Parameters[0].Value = sample.Step;
            insert.Parameters[1].Value = sample.Index;
            insert.Parameters[2].Value = sample.Prompt;
            insert.Parameters[3].Value = sample.Completion;
            insert.Parameters[4].Value =
                ContentJson.Write(sample.Values.ToDictionary(v => v.Key, v => double.IsFinite(v.Value) ? v.Value : (double?)null));
            insert.ExecuteNonQuery();
        }
    }

    private long MetricId(SqliteTransaction transaction, string name)
    {
        if (_ids.TryGetValue(name, out long id))
            return id;
        using var command = Command(
            transaction, "INSERT INTO Metrics (Name) VALUES ($name) ON CONFLICT (Name) DO UPDATE SET Name = Name RETURNING Id;", "$name");
        command.Parameters[0].Value = name;
        return _ids[name] = (long)command.ExecuteScalar()!;
    }

    private SqliteCommand Command(SqliteTransaction transaction, string sql, params string[] parameters)
    {
        var command = _connection.CreateCommand();
        command.Transaction = transaction;
        command.CommandText = sql;
        foreach (string parameter in parameters)
            command.Parameters.Add(new SqliteParameter(parameter, null));
        return command;
    }
}

using Microsoft.Data.Sqlite;
using Rlhf.Core;
using Rlhf.Storage.Json;

namespace Rlhf.Storage.Runs;

/// <summary>Reads a run.db, also while its run writes it.</summary>
public sealed class RunMetricsReader : IDisposable
{
    private readonly SqliteConnection _connection;

    /// <exception cref="UserError">No such file, or no database of a run.</exception>
    public RunMetricsReader(string path) => _connection = File.Exists(path)
        ? RunDatabaseFile.Open(path, write: false)
        : throw new UserError($"{path}: no such file");

    /// <summary>The names of all metrics, sorted.</summary>
    public IReadOnlyList<string> Names() => [.. Rows("SELECT Name FROM Metrics ORDER BY Name;", row => row.GetString(0))];

    /// <summary>The points of a metric after a step, in order of the step; none where there is no such metric.</summary>
    public IReadOnlyList<MetricPoint> Points(string name, long afterStep = -1) =>
        [.. Rows("SELECT Step, Value FROM Points WHERE MetricId = (SELECT Id FROM Metrics WHERE Name = $0) AND Step > $1 ORDER BY Step;",
            row => new MetricPoint(row.GetInt64(0), row.IsDBNull(1) ? double.NaN : row.GetDouble(1)), name, afterStep)];

    /// <summary>The samples of a step; of the last step that has some, where none is named.</summary>
    public IReadOnlyList<RunSample> Samples(long? step = null) =>
        [.. Rows("SELECT Step, Position, Prompt, Completion, \"Values\" FROM Samples WHERE Step = COALESCE($0, (SELECT MAX(Step) FROM Samples)) ORDER BY Position;",
            row => new RunSample(row.GetInt32(0), row.GetInt32(1), row.GetString(2), row.GetString(3),
                ContentJson.Read<Dictionary<string, double?>>(row.GetString(4)).ToDictionary(v => v.Key, v => v.Value ?? double.NaN)), step)];

    public void Dispose() => _connection.Dispose();

    private List<T> Rows<T>(string sql, Func<SqliteDataReader, T> read, params object?[] arguments)
    {
        using var command = _connection.CreateCommand();
        command.CommandText = sql;
        for (int i = 0; i < arguments.Length; i++)
            command.Parameters.AddWithValue("$" + i, arguments[i] ?? DBNull.Value);
        using var reader = command.ExecuteReader();
        var rows = new List<T>();
        while (reader.Read())
            rows.Add(read(reader));
        return rows;
    }
}

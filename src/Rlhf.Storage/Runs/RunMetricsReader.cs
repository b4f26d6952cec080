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
            row => new MetricPoint(row.GetInt64(0), Number(row, 1)), name, afterStep)];

    /// <summary>What can be said of each metric in one line, sorted by name.</summary>
    public IReadOnlyList<MetricSummary> Summaries() =>
        [.. Rows("""
            SELECT Name, COUNT(*), MIN(Step), MAX(Step), MIN(Value), MAX(Value), COUNT(*) - COUNT(Value),
                (SELECT Value FROM Points AS Last WHERE Last.MetricId = Id ORDER BY Step DESC LIMIT 1)
            FROM Points JOIN Metrics ON Id = MetricId GROUP BY MetricId ORDER BY Name;
            """,
            row => new MetricSummary(row.GetString(0), row.GetInt64(1), row.GetInt64(2), row.GetInt64(3), Number(row, 4), Number(row, 5),
                row.GetInt64(6), Number(row, 7)))];

    /// <summary>
    /// The points of a metric for a chart that is <paramref name="columns"/> pixels wide: all of them where they fit, else the lowest
    /// and the highest of each of equally wide spans of steps, in order of the step. A span without any number has one point, NaN.
    /// </summary>
    public IReadOnlyList<MetricPoint> ThinnedPoints(MetricSummary metric, int columns)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(columns, 1);
        if (metric.Points <= 2 * columns)
            return Points(metric.Name);
        // SQLite takes Step from the row that has the lowest, or highest, value.
        const string spans = "FROM Points WHERE MetricId = (SELECT Id FROM Metrics WHERE Name = $0) AND Step <= $2 "
            + "GROUP BY (Step - $1) * $3 / ($2 - $1 + 1)";
        return [.. Rows($"SELECT Step, MIN(Value) {spans} UNION SELECT Step, MAX(Value) {spans} ORDER BY 1;",
            row => new MetricPoint(row.GetInt64(0), Number(row, 1)), metric.Name, metric.FirstStep, metric.LastStep, columns)];
    }

    /// <summary>The samples of a step; of the last step that has some, where none is named.</summary>
    public IReadOnlyList<RunSample> Samples(long? step = null) =>
        [.. Rows("SELECT Step, Position, Prompt, Completion, \"Values\" FROM Samples "
            + "WHERE Step = COALESCE($0, (SELECT MAX(Step) FROM Samples)) ORDER BY Position;",
            row => new RunSample(row.GetInt32(0), row.GetInt32(1), row.GetString(2), row.GetString(3),
                ContentJson.Read<Dictionary<string, double?>>(row.GetString(4)).ToDictionary(v => v.Key, v => v.Value ?? double.NaN)),
            step)];

    public void Dispose() => _connection.Dispose();

    private static double Number(SqliteDataReader row, int column) => row.IsDBNull(column) ? double.NaN : row.GetDouble(column);

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

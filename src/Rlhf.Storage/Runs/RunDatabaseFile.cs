using Microsoft.Data.Sqlite;
using Rlhf.Core;

namespace Rlhf.Storage.Runs;

/// <summary>One sample of a run: a prompt, what the policy made of it, and numbers on it (rewards, KL).</summary>
public sealed record RunSample(int Step, int Index, string Prompt, string Completion, IReadOnlyDictionary<string, double> Values);

/// <summary>A point of a metric. The value may be NaN or infinite.</summary>
public sealed record MetricPoint(long Step, double Value);

/// <summary>A metric in one line.</summary>
/// <param name="Points">How many points it has.</param>
/// <param name="Lowest">NaN where no value is a number.</param>
/// <param name="NotNumbers">How many values are NaN.</param>
/// <param name="Last">The value of the last step.</param>
public sealed record MetricSummary(
    string Name, long Points, long FirstStep, long LastStep, double Lowest, double Highest, long NotNumbers, double Last);

/// <summary>
/// The file run.db of one run. Plain SQLite without an object mapper, since it takes millions of points; its version is in
/// <c>user_version</c>.
/// </summary>
internal static class RunDatabaseFile
{
    private const int Version = 1;

    private const string Schema = """
        CREATE TABLE Metrics (Id INTEGER PRIMARY KEY, Name TEXT NOT NULL UNIQUE);
        CREATE TABLE Points (MetricId INTEGER NOT NULL REFERENCES Metrics (Id), Step INTEGER NOT NULL, Value REAL NULL,
            PRIMARY KEY (MetricId, Step)) WITHOUT ROWID;
        CREATE TABLE Samples (Step INTEGER NOT NULL, Position INTEGER NOT NULL, Prompt TEXT NOT NULL, Completion TEXT NOT NULL,
            "Values" TEXT NOT NULL, PRIMARY KEY (Step, Position)) WITHOUT ROWID;
        """;

    public static SqliteConnection Open(string path, bool write)
    {
        var connection = new SqliteConnection(new SqliteConnectionStringBuilder
        {
            DataSource = path,
            Mode = write ? SqliteOpenMode.ReadWriteCreate : SqliteOpenMode.ReadWrite,
            Pooling = false,
            DefaultTimeout = RlhfDatabase.BusySeconds,
        }.ToString());
        try
        {
            connection.Open();
            Run(connection, $"PRAGMA busy_timeout = {RlhfDatabase.BusySeconds * 1000};");
            if (write)
                Prepare(connection, path);
            return connection;
        }
        catch (SqliteException exception)
        {
            connection.Dispose();
            throw new UserError($"{path}: cannot be opened as the database of a run: {exception.Message.TrimEnd('.')}", exception);
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    public static void Run(SqliteConnection connection, string sql)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }

    private static void Prepare(SqliteConnection connection, string path)
    {
        // What is lost with the power is lost since the last checkpoint of the run anyway, which is written before it is used.
        Run(connection, "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;");
        using var transaction = connection.BeginTransaction();
        using var query = connection.CreateCommand();
        query.CommandText = "PRAGMA user_version;";
        long version = (long)query.ExecuteScalar()!;
        if (version > Version)
            throw new UserError($"{path}: was written by a later version of this program (format {version}; this one knows {Version})");
        if (version == 0)
            Run(connection, Schema + $"PRAGMA user_version = {Version};");
        transaction.Commit();
    }
}

using System.Diagnostics;
using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Diagnostics;
using Rlhf.Storage.Entities;

namespace Rlhf.Storage.Tests.Labeling;

/// <summary>
/// That the time of labeling does not grow with what is there: a large project is measured by tests/bars/labeling-scale.sh.
/// </summary>
public sealed class QueryPlanTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task No_statement_of_the_labeling_path_scans_a_table()
    {
        await using var store = await Store.OpenAsync();
        var project = await store.ProjectAsync(tasks: 30, overlap: 2);
        await store.Labeling.AddTasksAsync(project, [Store.Task("gold", "a", "b") with { Kind = TaskKind.Gold, Gold = Store.Ranks(1, 2) }],
            cancellation: Cancellation);
        await store.Labeling.SetSettingsAsync(project, new ProjectSettings { GoldShare = 0.3, RepeatShare = 0.5, RepeatAfterMinutes = 1 },
            Cancellation);
        var annotator = await LeaseTests.AnnotatorAsync(store);
        await store.Labeling.LeaseNextAsync(annotator, project, cancellation: Cancellation);
        using var recorded = new StatementRecorder(store["rlhf.db"]);
        while (await store.Labeling.LeaseNextAsync(annotator, project, cancellation: Cancellation) is { } task)
        {
            await store.Labeling.SaveDraftAsync(annotator, task.AssignmentId, Store.Ranks(1, 2), 1, cancellation: Cancellation);
            await store.Labeling.SubmitAsync(annotator, task.AssignmentId, Store.Ranks(1, 2), cancellation: Cancellation);
            store.Clock.Now += TimeSpan.FromMinutes(1);
        }
        await store.Labeling.ProgressAsync(project, Cancellation);
        await store.Labeling.HeldAsync(annotator, project, Cancellation);
        var statements = recorded.Statements;
        Assert.Contains(statements, s => s.Contains("\"Golds\"", StringComparison.Ordinal)
            || s.Contains("GoldAnswers", StringComparison.Ordinal));
        Assert.Contains(statements, s => s.Contains("ProjectCounts", StringComparison.Ordinal));
        await using var connection = new SqliteConnection($"Data Source={store["rlhf.db"]};Pooling=False");
        await connection.OpenAsync(Cancellation);
        // The time of none of these grows with tasks that are done, or with what others hold.
        foreach (string index in new[] { "IX_Tasks_Open (ProjectId=? AND Position>? AND Position<?)",
            "IX_Tasks_Known (ProjectId=? AND Kind=?)",
            "IX_Assignments_AnnotatorId_State_Expires (AnnotatorId=? AND State=? AND Expires>?)" })
            Assert.Contains(statements.SelectMany(s => Plan(connection, s)), step => step.EndsWith(index, StringComparison.Ordinal));
        foreach (string statement in statements)
        {
            Assert.DoesNotContain(Plan(connection, statement), step =>
                step.Contains("USING INDEX IX_Tasks_ProjectId_Position", StringComparison.Ordinal));
            var scans = Plan(connection, statement)
                .Where(step => step.StartsWith("SCAN", StringComparison.Ordinal)
                    && !step.Contains("CONSTANT ROW", StringComparison.Ordinal))
                .ToList();
            Assert.True(scans.Count == 0, $"{string.Join("; ", scans)}\nin\n{statement}");
        }
    }

    [Fact]
    public async Task The_search_for_the_next_task_begins_where_the_person_left_off()
    {
        await using var store = await Store.OpenAsync();
        var project = await store.ProjectAsync(tasks: 20, overlap: 3);
        var annotator = await LeaseTests.AnnotatorAsync(store);
        for (int i = 0; i < 12; i++)
        {
            var task = (await store.Labeling.LeaseNextAsync(annotator, project, cancellation: Cancellation))!;
            await store.Labeling.SubmitAsync(annotator, task.AssignmentId, Store.Ranks(1, 2), cancellation: Cancellation);
        }
        await using var db = store.Database.OpenReadContext();
        Assert.Equal(11, (await db.Members.SingleAsync(Cancellation)).NextPosition);
        Assert.Equal(20, await db.Tasks.CountAsync(t => t.Open, Cancellation));
        // What opens again for this person alone sets the place back to it, and no further.
        await store.Database.WriteAsync(write => write.Database.ExecuteSqlAsync(
            $"UPDATE Assignments SET State = 'Leased' WHERE TaskId = (SELECT Id FROM Tasks WHERE Position = 7)", Cancellation),
            Cancellation);
        Assert.Equal(7, (await db.Members.SingleAsync(Cancellation)).NextPosition);
    }

    private static List<string> Plan(SqliteConnection connection, string statement)
    {
        using var command = connection.CreateCommand();
        command.CommandText = "EXPLAIN QUERY PLAN " + statement;
        foreach (string name in System.Text.RegularExpressions.Regex.Matches(statement, @"@\w+").Select(m => m.Value).Distinct())
            command.Parameters.AddWithValue(name, 0);
        using var reader = command.ExecuteReader();
        var steps = new List<string>();
        while (reader.Read())
            steps.Add(reader.GetString(3));
        return steps;
    }

    /// <summary>The different statements that Entity Framework sends to one database file.</summary>
    private sealed class StatementRecorder : IObserver<DiagnosticListener>, IObserver<KeyValuePair<string, object?>>, IDisposable
    {
        private readonly HashSet<string> _statements = new(StringComparer.Ordinal);
        private readonly List<IDisposable> _subscriptions = [];
        private readonly string _path;

        public StatementRecorder(string path)
        {
            _path = Path.GetFullPath(path);
            _subscriptions.Add(DiagnosticListener.AllListeners.Subscribe(this));
        }

        public IReadOnlyList<string> Statements
        {
            get
            {
                lock (_statements)
                    return [.. _statements];
            }
        }

        public void OnNext(DiagnosticListener value)
        {
            if (value.Name == DbLoggerCategory.Name)
                _subscriptions.Add(value.Subscribe(this));
        }

        public void OnNext(KeyValuePair<string, object?> value)
        {
            // Other tests run beside this one, on files of their own.
            if (value.Key != RelationalEventId.CommandExecuting.Name || value.Value is not CommandEventData data
                || Path.GetFullPath(data.Connection.DataSource) != _path)
                return;
            lock (_statements)
            {
                if (!data.Command.CommandText.StartsWith("PRAGMA", StringComparison.Ordinal))
                    _statements.Add(data.Command.CommandText);
            }
        }

        public void OnCompleted() { }

        public void OnError(Exception error) { }

        public void Dispose() => _subscriptions.ForEach(s => s.Dispose());
    }
}

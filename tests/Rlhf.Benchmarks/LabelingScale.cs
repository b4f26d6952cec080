using System.Diagnostics;
using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Storage;
using Rlhf.Storage;
using Rlhf.Storage.Entities;
using Rlhf.Storage.Json;
using Rlhf.Storage.Labeling;

namespace Rlhf.Benchmarks;

/// <summary>
/// How long the labeling queries take in a large project: 100,000 tasks that want four answers each, 300,000 annotations, of
/// which one person has given the first 50,000. Bars: p95 of next and of progress at most 20 ms.
/// </summary>
internal static class LabelingScale
{
    private const int People = 12;
    private const int Calls = 300;
    private const double BarMilliseconds = 20;

    public static async Task<int> RunAsync(int tasks = 100_000)
    {
        string folder = Directory.CreateTempSubdirectory("rlhf-labeling-").FullName;
        try
        {
            using var database = await RlhfDatabase.OpenAsync(Path.Combine(folder, "rlhf.db"));
            var labeling = new LabelingService(database);
            var project = await labeling.CreateProjectAsync("scale", overlap: 4);
            var people = new List<Guid>();
            for (int i = 0; i < People; i++)
                people.Add(await labeling.CreateAnnotatorAsync(simulated: false));
            var watch = Stopwatch.StartNew();
            await FillAsync(database, project, people, tasks);
            Console.WriteLine($"{tasks} tasks and {3 * tasks} annotations in {watch.Elapsed.TotalSeconds:F1} s; {new FileInfo(database.FilePath).Length / 1e6:F0} MB");

            var newcomer = await labeling.CreateAnnotatorAsync(simulated: false);
            watch.Restart();
            await labeling.LeaseNextAsync(people[0], project);
            Console.WriteLine($"first lease of somebody with {tasks / 2} answers, whose place is not known yet: {watch.Elapsed.TotalMilliseconds:F1} ms");
            bool good = true;
            foreach (var (who, annotator) in new[] { ($"somebody with {tasks / 2} answers", people[0]), ("a newcomer", newcomer) })
            {
                var (next, submit) = (new List<double>(), new List<double>());
                for (int i = 0; i < Calls; i++)
                {
                    watch.Restart();
                    var task = (await labeling.LeaseNextAsync(annotator, project))!;
                    next.Add(watch.Elapsed.TotalMilliseconds);
                    watch.Restart();
                    await labeling.SubmitAsync(annotator, task.AssignmentId, Answers.OfRanking(Answer.FromRanks([1, 2])));
                    submit.Add(watch.Elapsed.TotalMilliseconds);
                }
                good &= Report($"next, {who}", next, BarMilliseconds);
                Report($"submit, {who}", submit, null);
            }
            var progress = new List<double>();
            for (int i = 0; i < Calls; i++)
            {
                watch.Restart();
                await labeling.ProgressAsync(project);
                progress.Add(watch.Elapsed.TotalMilliseconds);
            }
            good &= Report("progress", progress, BarMilliseconds);
            return good ? 0 : 1;
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static bool Report(string what, List<double> times, double? bar)
    {
        times.Sort();
        double p50 = times[times.Count / 2], p95 = times[times.Count * 95 / 100];
        bool good = bar is null || p95 <= bar;
        Console.WriteLine($"{what}: p50 {p50:F2} ms, p95 {p95:F2} ms{(bar is null ? "" : $" (bar {bar} ms: {(good ? "kept" : "MISSED")})")}");
        return good;
    }

    /// <summary>The first person answers the first half of the tasks; the others, in turn, what is missing to three answers a task.</summary>
    private static Task FillAsync(RlhfDatabase database, Guid project, List<Guid> people, int tasks) => database.WriteAsync(async db =>
    {
        long now = DateTimeOffset.UtcNow.AddDays(-1).ToUnixTimeMilliseconds();
        var version = await db.ProjectVersions.Where(v => v.ProjectId == project).Select(v => v.Id).SingleAsync();
        string answers = ContentJson.Write(Answers.OfRanking(Answer.FromRanks([1, 2])));
        string text = ContentJson.Write(LabelingService.Prompt(new string('x', 400)));
        var insertTask = Insert(db, "Tasks", "Id", "ProjectId", "Position", "Context", "ContentKey", "Answered", "Open", "Created");
        var insertCompletion = Insert(db, "Completions", "Id", "TaskId", "Index", "Content");
        var insertAssignment = Insert(db, "Assignments", "Id", "ProjectId", "TaskId", "AnnotatorId", "Round", "State", "ProjectVersionId", "Leased", "Expires", "Closed");
        var insertAnnotation = Insert(db, "Annotations", "Id", "AssignmentId", "TaskId", "AnnotatorId", "ProjectVersionId", "Revision", "Latest", "Answers", "IsSimulated", "Created", "Salt");
        byte[] salt = new byte[16];
        for (int i = 0; i < tasks; i++)
        {
            var task = Guid.CreateVersion7();
            Execute(insertTask, task, project, i, text, task.ToString(), 3, 1, now);
            for (int c = 0; c < 2; c++)
                Execute(insertCompletion, Guid.CreateVersion7(), task, c, text);
            for (int seat = 0; seat < 3; seat++)
            {
                var who = seat == 0 && i < tasks / 2 ? people[0] : people[1 + ((3 * i + seat) % (people.Count - 1))];
                var assignment = Guid.CreateVersion7();
                Execute(insertAssignment, assignment, project, task, who, 0, "Submitted", version, now, now, now);
                Execute(insertAnnotation, Guid.CreateVersion7(), assignment, task, who, version, 1, 1, answers, 0, now, salt);
            }
        }
    });

    private static SqliteCommand Insert(RlhfDbContext db, string table, params string[] columns)
    {
        var command = (SqliteCommand)db.Database.GetDbConnection().CreateCommand();
        command.Transaction = (SqliteTransaction)db.Database.CurrentTransaction!.GetDbTransaction();
        command.CommandText = $"INSERT INTO {table} ({string.Join(", ", columns.Select(c => $"\"{c}\""))}) VALUES ({string.Join(", ", columns.Select((_, i) => "@p" + i))})";
        for (int i = 0; i < columns.Length; i++)
            command.Parameters.Add(new SqliteParameter("@p" + i, null));
        return command;
    }

    private static void Execute(SqliteCommand command, params object[] values)
    {
        for (int i = 0; i < values.Length; i++)
            command.Parameters[i].Value = values[i];
        command.ExecuteNonQuery();
    }
}

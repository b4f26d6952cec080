using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Storage;
using Rlhf.Storage;
using Rlhf.Storage.Entities;
using Rlhf.Storage.Json;
using Rlhf.Storage.Labeling;

namespace Rlhf.Benchmarks;

/// <summary>
/// A database with one large labeling project: tasks that want four answers each and have three. The first person has answered
/// the first half of them, eleven others the rest in turn. All prefer the first of two completions; or, where answers are
/// <c>varied</c>, each ranks the four completions of four sources at random, ties among them.
/// </summary>
internal sealed class LargeProject : IDisposable
{
    private const int AnnotatorCount = 12;
    private const int AnswersPerTask = 3;
    private const int TextLength = 400;

    private readonly string _folder;

    private LargeProject(string folder, RlhfDatabase database, Guid project, IReadOnlyList<Guid> annotators) =>
        (_folder, Database, Project, Annotators) = (folder, database, project, annotators);

    public RlhfDatabase Database { get; }

    public Guid Project { get; }

    /// <summary>The first of them has answered half of the tasks.</summary>
    public IReadOnlyList<Guid> Annotators { get; }

    /// <summary>A path in the folder of the database, which goes with this object.</summary>
    public string this[string name] => Path.Combine(_folder, name);

    public static async Task<LargeProject> CreateAsync(int tasks, bool varied = false)
    {
        string folder = Directory.CreateTempSubdirectory("rlhf-large-project-").FullName;
        var database = await RlhfDatabase.OpenAsync(Path.Combine(folder, "rlhf.db"));
        var labeling = new LabelingService(database);
        var project = await labeling.CreateProjectAsync("scale", overlap: AnswersPerTask + 1);
        var annotators = new List<Guid>();
        for (int i = 0; i < AnnotatorCount; i++)
            annotators.Add(await labeling.CreateAnnotatorAsync(simulated: false));
        await FillAsync(database, project, annotators, tasks, varied);
        Console.WriteLine($"{tasks} tasks and {AnswersPerTask * tasks} annotations");
        return new LargeProject(folder, database, project, annotators);
    }

    public void Dispose()
    {
        Database.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private static Task FillAsync(
        RlhfDatabase database, Guid project, List<Guid> people, int tasks, bool varied) => database.WriteAsync(async db =>
    {
        int completions = varied ? 4 : 2;
        var random = new Random(1);
        long now = DateTimeOffset.UtcNow.AddDays(-1).ToUnixTimeMilliseconds();
        var version = await db.ProjectVersions.Where(v => v.ProjectId == project).Select(v => v.Id).SingleAsync();
        string answers = ContentJson.Write(Answers.OfRanking(Answer.FromRanks([1, 2])));
        var insertTask = Insert(db, "Tasks", "Id", "ProjectId", "Position", "Context", "ContentKey", "Answered", "Open", "Created");
        var insertCompletion = Insert(db, "Completions", "Id", "TaskId", "Index", "Content", "SamplingSettings");
        var insertAssignment = Insert(db, "Assignments", "Id", "ProjectId", "TaskId", "AnnotatorId", "Round", "State", "ProjectVersionId",
            "Leased", "Expires", "Closed");
        var insertAnnotation = Insert(db, "Annotations", "Id", "AssignmentId", "TaskId", "AnnotatorId", "ProjectVersionId", "Revision",
            "Latest", "Answers", "IsSimulated", "Created", "Salt", "OrderShown", "ActiveSeconds");
        byte[] salt = new byte[16];
        for (int i = 0; i < tasks; i++)
        {
            var task = Guid.CreateVersion7();
            Execute(insertTask, task, project, i, Text($"prompt {i} "), task.ToString(), AnswersPerTask, 1, now);
            for (int c = 0; c < completions; c++)
                Execute(insertCompletion, Guid.CreateVersion7(), task, c, Text($"completion {c} of {i} "), Source(c, varied));
            for (int seat = 0; seat < AnswersPerTask; seat++)
            {
                var who = seat == 0 && i < tasks / 2 ? people[0] : people[1 + (((AnswersPerTask * i) + seat) % (people.Count - 1))];
                var assignment = Guid.CreateVersion7();
                Random.Shared.NextBytes(salt);
                Execute(insertAssignment, assignment, project, task, who, 0, "Submitted", version, now, now, now);
                Execute(insertAnnotation, Guid.CreateVersion7(), assignment, task, who, version, 1, 1,
                    varied ? Ranks(random, completions) : answers, 0, now, salt, Order(random, completions, varied), 20 + random.Next(60));
            }
        }
    });

    private static object Source(int completion, bool varied) =>
        varied ? $$"""{"source":"model {{completion}}"}""" : DBNull.Value;

    private static object Order(Random random, int completions, bool varied)
    {
        int[] order = [.. Enumerable.Range(0, completions)];
        random.Shuffle(order);
        return varied ? ContentJson.Write(order) : DBNull.Value;
    }

    private static string Ranks(Random random, int completions) => ContentJson.Write(Answers.OfRanking(
        Answer.FromRanks([.. Enumerable.Range(0, completions).Select(c => 1 + (c + random.Next(3)) / 2)])));

    private static string Text(string beginning) => ContentJson.Write(LabelingService.Prompt(beginning.PadRight(TextLength, 'x')));

    private static SqliteCommand Insert(RlhfDbContext db, string table, params string[] columns)
    {
        var command = (SqliteCommand)db.Database.GetDbConnection().CreateCommand();
        command.Transaction = (SqliteTransaction)db.Database.CurrentTransaction!.GetDbTransaction();
        command.CommandText = $"INSERT INTO {table} ({string.Join(", ", columns.Select(c => $"\"{c}\""))}) VALUES "
            + $"({string.Join(", ", columns.Select((_, i) => "@p" + i))})";
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

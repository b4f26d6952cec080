using System.Text;
using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using Rlhf.Storage.Entities;
using Rlhf.Storage.Erasure;
using Rlhf.Storage.Exchange.Export;
using Rlhf.Storage.Exchange.Import;
using Rlhf.Storage.Labeling;

namespace Rlhf.Storage.Tests.Exchange;

/// <summary>The format of this program: nothing is lost, and the same again adds nothing.</summary>
public sealed class RankingsExchangeTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("rankings")]
    [InlineData("csv")]
    [InlineData("csv-spreadsheet")]
    [InlineData("parquet")]
    public async Task Case_16_an_export_comes_back_byte_for_byte_and_twice_adds_nothing(string format)
    {
        await using var store = await Store.OpenAsync();
        var project = await FullProjectAsync(store);
        byte[] rankings = await ExportAsync(store, project, "rankings");
        File.WriteAllBytes(store["file"], await ExportAsync(store, project, format));

        await using var other = await Store.OpenAsync();
        var report = await new ProjectImport(other.Database, other.Clock)
            .ImportAsync("again", new ImportSource(store["file"]), Cancellation);
        Assert.Equal((0, 4, 6), (report.BadLineCount, report.Tasks, report.Annotations));
        Assert.Equal(Encoding.UTF8.GetString(rankings), Encoding.UTF8.GetString(await ExportAsync(other, report.Project, "rankings")));
        Assert.Equal(File.ReadAllBytes(store["file"]), await ExportAsync(other, report.Project, format));

        var again = await new ProjectImport(other.Database, other.Clock)
            .ImportAsync(report.Project, new ImportSource(store["file"]), Cancellation);
        Assert.Equal((0, 0, 0), (again.BadLineCount, again.Tasks, again.Annotations));
        var own = await new ProjectImport(store.Database, store.Clock).ImportAsync(project, new ImportSource(store["file"]), Cancellation);
        Assert.Equal((0, 0, 0), (own.BadLineCount, own.Tasks, own.Annotations));
        Assert.Equal(rankings, await ExportAsync(store, project, "rankings"));
    }

    [Fact]
    public async Task Seats_are_counted_as_if_everybody_had_answered_here()
    {
        await using var store = await Store.OpenAsync();
        var project = await FullProjectAsync(store);
        File.WriteAllBytes(store["file"], await ExportAsync(store, project, "rankings"));
        await using var other = await Store.OpenAsync();
        var copy = (await new ProjectImport(other.Database).ImportAsync("again", new ImportSource(store["file"]), Cancellation)).Project;
        Assert.Equal(await CountsAsync(store, project), await CountsAsync(other, copy));

        static async Task<IEnumerable<(int, bool)>> CountsAsync(Store store, Guid project)
        {
            await using var db = store.Database.OpenReadContext();
            return (await db.Tasks.Where(t => t.ProjectId == project).OrderBy(t => t.Position).Select(t => new { t.Answered, t.Open })
                .ToListAsync(Cancellation)).Select(t => (t.Answered, t.Open));
        }
    }

    [Fact]
    public async Task Case_18_old_answers_keep_the_version_that_they_answered()
    {
        await using var store = await Store.OpenAsync();
        var project = await store.ProjectAsync(2);
        var person = await PersonAsync(store);
        await AnswerAsync(store, person, project, Store.Ranks(1, 2));
        await store.Labeling.ReviseProjectAsync(
            project, [Question.DefaultRanking, new Question("clear", QuestionKind.Rating, "How clear?")], "look twice", Cancellation);
        var second = Store.Ranks(2, 1);
        second["clear"] = new Answer { Ratings = [1, 2] };
        await AnswerAsync(store, person, project, second);
        var lines = Lines(await ExportAsync(store, project, "rankings"));
        Assert.Equal([1, 2], lines[0].GetProperty("versions").EnumerateArray().Select(v => v.GetProperty("number").GetInt32()));
        Assert.Equal("look twice", lines[0].GetProperty("versions")[1].GetProperty("guidelines").GetString());
        Assert.Equal([1, 2], lines.Skip(1)
            .Select(l => l.GetProperty("assignments")[0].GetProperty("annotations")[0].GetProperty("version").GetInt32()));
    }

    [Fact]
    public async Task Two_home_folders_exchange_what_is_new()
    {
        await using var store = await Store.OpenAsync();
        var project = await store.ProjectAsync(2, overlap: 2);
        var first = await PersonAsync(store);
        var assignment = await AnswerAsync(store, first, project, Store.Ranks(1, 2));
        File.WriteAllBytes(store["file"], await ExportAsync(store, project, "rankings"));

        await using var other = await Store.OpenAsync();
        var copy = (await new ProjectImport(other.Database).ImportAsync("copy", new ImportSource(store["file"]), Cancellation)).Project;
        await other.Labeling.SetOverlapAsync(copy, 2, Cancellation);
        await AnswerAsync(other, await PersonAsync(other), copy, Store.Ranks(2, 1));
        // The first answer is corrected meanwhile.
        await store.Labeling.CorrectAsync(first, assignment, 1, Store.Ranks(1, 1), cancellation: Cancellation);
        File.WriteAllBytes(other["file"], await ExportAsync(other, copy, "rankings"));
        File.WriteAllBytes(store["file"], await ExportAsync(store, project, "rankings"));

        var back = await new ProjectImport(store.Database).ImportAsync(project, new ImportSource(other["file"]), Cancellation);
        Assert.Equal((0, 1, 0), (back.Tasks, back.Annotations, back.BadLineCount));
        var forth = await new ProjectImport(other.Database).ImportAsync(copy, new ImportSource(store["file"]), Cancellation);
        Assert.Equal((0, 1, 0), (forth.Tasks, forth.Annotations, forth.BadLineCount));
        Assert.Equal(Encoding.UTF8.GetString(await ExportAsync(store, project, "rankings")),
            Encoding.UTF8.GetString(await ExportAsync(other, copy, "rankings")));
    }

    [Fact]
    public async Task A_copy_in_the_same_home_folder_has_ids_of_its_own()
    {
        await using var store = await Store.OpenAsync();
        var project = await FullProjectAsync(store);
        File.WriteAllBytes(store["file"], await ExportAsync(store, project, "rankings"));
        var import = new ProjectImport(store.Database);
        var report = await import.ImportAsync("copy", new ImportSource(store["file"]), Cancellation);
        Assert.Equal((4, 6, 0), (report.Tasks, report.Annotations, report.BadLineCount));
        var again = await import.ImportAsync("copy", new ImportSource(store["file"]), Cancellation);
        Assert.Equal((0, 0, 0), (again.Tasks, again.Annotations, again.BadLineCount));
    }

    [Fact]
    public async Task What_was_erased_is_not_exported_and_does_not_come_back()
    {
        await using var store = await Store.OpenAsync();
        var project = await store.ProjectAsync(2);
        var person = await PersonAsync(store);
        await AnswerAsync(store, person, project, Store.Ranks(1, 2));
        await AnswerAsync(store, person, project, Store.Ranks(1, 2));
        File.WriteAllBytes(store["before"], await ExportAsync(store, project, "rankings"));
        var home = Home.Open(store["."]);
        await new Erasures(store.Database, home).EraseAsync(ErasureKind.Annotator, person, Cancellation);
        string after = Encoding.UTF8.GetString(await ExportAsync(store, project, "rankings"));
        Assert.DoesNotContain(person.ToString(), after);
        Assert.DoesNotContain("ranking\":[[", after);
        var report = await new ProjectImport(store.Database).ImportAsync(project, new ImportSource(store["before"]), Cancellation);
        Assert.Equal((0, 0, 2), (report.Tasks, report.Annotations, report.Known));
        Assert.Equal(after, Encoding.UTF8.GetString(await ExportAsync(store, project, "rankings")));
    }

    [Fact]
    public async Task Records_with_faults_are_told_and_leave_nothing()
    {
        await using var store = await Store.OpenAsync();
        var project = await store.ProjectAsync(3);
        var person = await PersonAsync(store);
        await AnswerAsync(store, person, project, Store.Ranks(1, 2));
        string[] lines = Encoding.UTF8.GetString(await ExportAsync(store, project, "rankings")).TrimEnd('\n').Split('\n');
        lines[1] = lines[1].Replace("[[0],[1]]", "[[0],[7]]", StringComparison.Ordinal);
        lines[2] = lines[2][..^5];
        File.WriteAllLines(store["file"], lines);
        await using var other = await Store.OpenAsync();
        var report = await new ProjectImport(other.Database).ImportAsync("copy", new ImportSource(store["file"]), Cancellation);
        Assert.Equal((1, 0, 2), (report.Tasks, report.Annotations, report.BadLineCount));
        Assert.Equal([2, 3], report.BadLines.Select(b => b.Line));
        Assert.Contains("there is no completion 7", report.BadLines[0].Reason);
        await using var db = other.Database.OpenReadContext();
        Assert.Equal((1, 0, 0), (await db.Tasks.CountAsync(Cancellation), await db.Assignments.CountAsync(Cancellation),
            await db.Annotators.CountAsync(Cancellation)));
    }

    [Fact]
    public async Task Answers_to_other_questions_than_the_project_asks_are_refused()
    {
        await using var store = await Store.OpenAsync();
        var project = await store.ProjectAsync(1);
        await AnswerAsync(store, await PersonAsync(store), project, Store.Ranks(1, 2));
        File.WriteAllBytes(store["file"], await ExportAsync(store, project, "rankings"));
        await using var other = await Store.OpenAsync();
        var target = await other.ProjectAsync(1, name: "other", questions: new Question("other", QuestionKind.Ranking, "?"));
        Assert.Contains("answers version 1 of other questions than this project asks", await Store.RefusalAsync(() =>
            new ProjectImport(other.Database).ImportAsync(target, new ImportSource(store["file"]), Cancellation)));
    }

    [Fact]
    public async Task Case_19_twenty_submissions_during_an_export_are_all_stored()
    {
        await using var store = await Store.OpenAsync();
        var project = await store.ProjectAsync(300, overlap: 25);
        var people = new List<Guid>();
        for (int i = 0; i < 20; i++)
            people.Add(await PersonAsync(store));
        await using var export = await new ProjectExport(store.Database)
            .OpenAsync(project, ExportFormat.Named("rankings"), cancellation: Cancellation);
        var slow = new SubmittingStream(async turn =>
        {
            if (turn < people.Count)
                await AnswerAsync(store, people[turn], project, Store.Ranks(1, 2));
        });
        Assert.Equal(301, await export.WriteAsync(slow, Cancellation));
        await using var db = store.Database.OpenReadContext();
        Assert.Equal(20, await db.Annotations.CountAsync(Cancellation));
        // It shows the project as it was when the export began.
        Assert.DoesNotContain("ranking\":[[", Encoding.UTF8.GetString(slow.Written.ToArray()));
    }

    /// <summary>Four tasks: a tie with a correction and a review, a skipped one, gold with tokens and scores, one that is not
    /// answered.</summary>
    internal static async Task<Guid> FullProjectAsync(Store store)
    {
        var project = await store.Labeling.CreateProjectAsync(
            "full; = \"project\"", 2, [Question.DefaultRanking with { MaxStrength = 3 }, new Question("why", QuestionKind.Text, "Why?")],
                "# Rules",
            Cancellation);
        await store.Labeling.AddTasksAsync(project,
        [
            Store.Task("=1+1", "-a", "@b", " c\r\n\"d\", e", "'f") with { SplitGroup = "g", Overlap = 3, PipelineRunId = Guid.NewGuid() },
            new NewTask([new("system", [new(Core.Content.PartType.Text, "Be kind.")]), .. LabelingService.Prompt("؟ مرحبا")],
            [
                NewCompletion.FromText("x") with
                {
                    TokenIds = [1, 2, 3],
                    LogProbs = [-0.1f, -1.5e-7f, -3],
                    SamplingSettings = """{"temperature":0.7}""",
                    Golds = new Dictionary<string, double> { ["stories"] = 0.1 + 0.2 },
                },
                NewCompletion.FromText("🌸"),
            ]),
            Store.Task("gold", "good", "bad") with { Kind = TaskKind.Gold, Gold = Store.Ranks(1, 2), Explanation = "Because." },
            Store.Task("open", "a", "b", "c"),
        ], cancellation: Cancellation);
        (Guid first, Guid second, Guid simulated) = (await PersonAsync(store), await PersonAsync(store),
            await store.Labeling.CreateAnnotatorAsync(true, "gold: stories", cancellation: Cancellation));
        var answers = Answers.OfRanking(new Answer { Ranking = [[2], [0, 1], [3]], Strength = 2 });
        answers["why"] = new Answer { Rationale = "=cmd|' /C calc'!A0, it is", Pasted = true };
        var assignment = await AnswerAsync(store, first, project, answers, new AnnotationContext(12.5, 3.25));
        await AnswerAsync(store, first, project, Store.Ranks(2, 1));
        await AnswerAsync(store, second, project, Answers.OfRanking(new Answer { NoneAcceptable = true }));
        await AnswerAsync(store, simulated, project, Answers.OfRanking(new Answer { Ranking = [[3], [2]] }));
        store.Clock.Now += TimeSpan.FromMinutes(1);
        await store.Labeling.CorrectAsync(first, assignment, 1, Store.Ranks(4, 3, 2, 1), cancellation: Cancellation);
        await store.Labeling.ReviseProjectAsync(project, [Question.DefaultRanking with { MaxStrength = 3 }], "# Rules 2", Cancellation);
        var skipped = await store.Labeling.LeaseNextAsync(second, project, cancellation: Cancellation);
        await store.Labeling.SkipAsync(second, skipped!.AssignmentId, "too long", Cancellation);
        await AnswerAsync(store, second, project, Store.Ranks(1, 1, 2));
        await using (var db = store.Database.OpenReadContext())
        {
            var annotation = await db.Annotations.FirstAsync(a => a.AnnotatorId == second && a.Latest, Cancellation);
            await new LabelingMembers(store.Database, store.Clock).SetRoleAsync(project, first, ProjectRole.Reviewer, Cancellation);
            var reviews = new LabelingReviews(store.Database, store.Clock);
            await reviews.ReviewAsync(first, annotation.Id, ReviewDecision.Rejected, null, "No.", Cancellation);
            await reviews.ReviewAsync(first, annotation.Id, ReviewDecision.Approved, null, null, Cancellation);
        }
        await new LabelingMembers(store.Database, store.Clock).ExcludeAsync(project, simulated, "a program", cancellation: Cancellation);
        return project;
    }

    internal static Task<Guid> PersonAsync(Store store) => store.Labeling.CreateAnnotatorAsync(false, "person", cancellation: Cancellation);

    internal static async Task<Guid> AnswerAsync(Store store, Guid person, Guid project, Answers answers, AnnotationContext? context = null)
    {
        var leased = (await store.Labeling.LeaseNextAsync(person, project, cancellation: Cancellation))!;
        store.Clock.Now += TimeSpan.FromSeconds(30);
        await store.Labeling.SubmitAsync(person, leased.AssignmentId, answers, context, Cancellation);
        return leased.AssignmentId;
    }

    internal static async Task<byte[]> ExportAsync(Store store, Guid project, string format)
    {
        await using var export = await new ProjectExport(store.Database)
            .OpenAsync(project, ExportFormat.Named(format), cancellation: Cancellation);
        var stream = new MemoryStream();
        await export.WriteAsync(stream, Cancellation);
        return stream.ToArray();
    }

    internal static List<JsonElement> Lines(byte[] export) =>
        [.. Encoding.UTF8.GetString(export).Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Select(line => JsonDocument.Parse(line).RootElement)];

    /// <summary>Does something between two writes, as slow readers let others do.</summary>
    private sealed class SubmittingStream(Func<int, Task> between) : MemoryStream
    {
        private int _turn;

        public MemoryStream Written { get; } = new();

        public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
        {
            await between(_turn++);
            Written.Write(buffer.Span);
        }
    }
}

using Microsoft.EntityFrameworkCore;
using Rlhf.Storage.Changes;
using Rlhf.Storage.Entities;
using Rlhf.Storage.Exchange.Import;
using Rlhf.Storage.Json;
using Rlhf.Testing;

namespace Rlhf.Storage.Tests.Exchange;

public sealed class ProjectImportTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_bad_line_is_told_with_its_number_and_the_good_ones_go_in_once()
    {
        await using var store = await Store.OpenAsync();
        var project = await store.ProjectAsync(0);
        File.WriteAllText(store["a.jsonl"], """
            {"prompt":"p","chosen":" a","rejected":" b"}
            {"prompt":"p","chosen":"a"}
            {"prompt":"q","chosen":"c","rejected":"d"}
            """);
        var report = await ImportAsync(store, project, "a.jsonl");
        Assert.Equal((2, 2, 0, 1), (report.Tasks, report.Annotations, report.Known, report.BadLineCount));
        Assert.Equal((2, "no 'rejected'; the line has 'prompt', 'chosen'"), Assert.Single(report.BadLines) is var bad
            ? (bad.Line, bad.Reason) : default);
        var again = await ImportAsync(store, project, "a.jsonl");
        Assert.Equal((0, 0, 2, 1), (again.Tasks, again.Annotations, again.Known, again.BadLineCount));
        await using var db = store.Database.OpenReadContext();
        var tasks = await db.Tasks.Include(t => t.Completions).OrderBy(t => t.Position).ToListAsync(Cancellation);
        Assert.Equal([" a", " b"], tasks[0].Completions.OrderBy(c => c.Index).Select(c => ContentJson.AllText(c.Content)));
        Assert.Equal([(0L, 1, false), (1L, 1, false)], tasks.Select(t => (t.Position, t.Answered, t.Open)));
    }

    [Fact]
    public async Task A_task_that_wants_more_annotators_stays_open()
    {
        await using var store = await Store.OpenAsync();
        var project = await store.ProjectAsync(0, overlap: 2);
        File.WriteAllText(store["a.jsonl"], """{"prompt":"p","chosen":"a","rejected":"b"}""");
        await ImportAsync(store, project, "a.jsonl");
        var person = await store.Labeling.CreateAnnotatorAsync(false, cancellation: Cancellation);
        Assert.NotNull(await store.Labeling.LeaseNextAsync(person, project, cancellation: Cancellation));
    }

    [Fact]
    public async Task Tasks_without_answers_are_the_same_as_those_that_were_added_otherwise()
    {
        await using var store = await Store.OpenAsync();
        var project = await store.ProjectAsync(1);
        File.WriteAllText(store["a.csv"], "prompt,completion_1,completion_2\nprompt 0,a 0,b 0\nprompt 1,a 1,b 1\n");
        var report = await ImportAsync(store, project, "a.csv");
        Assert.Equal(("completions", 1, 0, 1), (report.Format, report.Tasks, report.Annotations, report.Known));
    }

    [Fact]
    public async Task Pandalm_has_three_annotators_for_each_task()
    {
        string file = SharedData.Require("data/preferences/pandalm-testset-v1.json");
        await using var store = await Store.OpenAsync();
        var report = await new ProjectImport(store.Database).ImportAsync("pandalm", new ImportSource(file), Cancellation);
        Assert.Equal(("pandalm", 999, 2997, 0), (report.Format, report.Tasks, report.Annotations, report.BadLineCount));
        await using var db = store.Database.OpenReadContext();
        Assert.Equal(3, await db.Projects.Where(p => p.Id == report.Project).Select(p => p.Overlap).SingleAsync(Cancellation));
        // The counts of golden/statistics/pandalm.json.
        var byPerson = (await db.Annotations.Join(db.Annotators, a => a.AnnotatorId, p => p.Id, (a, p) => new { a.Answers, p.Description })
            .ToListAsync(Cancellation)).ToLookup(a => a.Description.Split(' ')[0], a => a.Answers["ranking"].Ranking!);
        Assert.Equal((97, 427, 475), Counts("annotator1"));
        Assert.Equal((116, 417, 466), Counts("annotator2"));
        Assert.Equal((113, 411, 475), Counts("annotator3"));
        (int Ties, int First, int Second) Counts(string name) => (byPerson[name].Count(r => r.Count == 1),
            byPerson[name].Count(r => r.Count == 2 && r[0][0] == 0), byPerson[name].Count(r => r.Count == 2 && r[0][0] == 1));
    }

    [Fact]
    public async Task Hh_comes_in_whole_and_once()
    {
        string file = Path.Combine(SharedData.Require("data/hh-rlhf"), "harmless-base-test.jsonl.gz");
        await using var store = await Store.OpenAsync();
        var import = new ProjectImport(store.Database);
        var report = await import.ImportAsync("hh", new ImportSource(file), Cancellation);
        Assert.Equal((2312, 0), (report.Tasks, report.BadLineCount));
        Assert.Equal((0, 2312), await import.ImportAsync("hh", new ImportSource(file), Cancellation) is var again
            ? (again.Tasks, again.Known) : default);
    }

    [Fact]
    public async Task A_project_that_is_made_from_a_file_asks_what_the_file_answers()
    {
        await using var store = await Store.OpenAsync();
        File.WriteAllText(store["a.jsonl"], """
            {"prompt":"p","response":"a","helpfulness":2,"correctness":1,"coherence":4,"complexity":1,"verbosity":0}
            {"prompt":"p","response":"b","helpfulness":4,"correctness":4,"coherence":4,"complexity":2,"verbosity":1}
            """);
        var report = await new ProjectImport(store.Database).ImportAsync("rated", new ImportSource(store["a.jsonl"]), Cancellation);
        Assert.Empty(report.Notes);
        await using var db = store.Database.OpenReadContext();
        Assert.Equal(["ranking", "helpfulness", "correctness", "coherence", "complexity", "verbosity"],
            (await db.ProjectVersions.Where(v => v.ProjectId == report.Project).SingleAsync(Cancellation)).Questions.Select(q => q.Key));
        Assert.Equal([2.0, 4.0], (await db.Annotations.SingleAsync(Cancellation)).Answers["helpfulness"].Ratings);

        File.WriteAllText(store["b.jsonl"], """{"prompt":"p","response_1":"a","response_2":"b","preference_strength":-2}""");
        report = await new ProjectImport(store.Database).ImportAsync("strong", new ImportSource(store["b.jsonl"]), Cancellation);
        Assert.Equal(2, (await db.ProjectVersions.Where(v => v.ProjectId == report.Project)
            .SingleAsync(Cancellation)).Questions[0].MaxStrength);
    }

    [Fact]
    public async Task Each_person_of_a_file_has_an_annotation_with_all_that_they_said()
    {
        await using var store = await Store.OpenAsync();
        File.WriteAllText(store["three.jsonl"], """
            {"context":[{"role":"user","content":"p"}],"response1":"a","response2":"b","overall_preference":-1,"individual_preference":[{"score":-2,"reasoning":"shorter"},{"score":1,"reasoning":"warmer"}]}
            {"context":[{"role":"user","content":"q"}],"response1":"a","response2":"b","overall_preference":3,"individual_preference":null}
            """);
        var import = new ProjectImport(store.Database);
        var report = await import.ImportAsync("three", new ImportSource(store["three.jsonl"]), Cancellation);
        Assert.Equal((2, 3, 0), (report.Tasks, report.Annotations, report.BadLineCount));
        await using var db = store.Database.OpenReadContext();
        var project = await db.Projects.Include(p => p.Versions).SingleAsync(p => p.Id == report.Project, Cancellation);
        Assert.Equal((2, "ranking (3), reasoning"), (project.Overlap,
            string.Join(", ", project.Versions[0].Questions.Select(q => q.Key + (q.MaxStrength > 0 ? $" ({q.MaxStrength})" : "")))));
        Assert.Equal(["annotator-1 of imports", "annotator-2 of imports", "people of imports into"],
            (await db.Annotators.Select(a => a.Description).ToListAsync(Cancellation)).Order().Select(d => d[..22].Trim()));
        Assert.Equal(["shorter", "warmer"], (await db.Annotations.Where(a => a.IsSimulated == false).ToListAsync(Cancellation))
            .Select(a => a.Answers.GetValueOrDefault("reasoning")?.Rationale).OfType<string>().Order());
        var again = await import.ImportAsync(report.Project, new ImportSource(store["three.jsonl"]), Cancellation);
        Assert.Equal((0, 0, 2), (again.Tasks, again.Annotations, again.Known));
    }

    [Fact]
    public async Task An_order_that_one_of_several_people_did_not_touch_costs_only_that_answer_and_is_told()
    {
        await using var store = await Store.OpenAsync();
        var project = await store.ProjectAsync(0, overlap: 2);
        File.WriteAllText(store["a.json"], """
            [{"data":{"prompt":"p","items":[{"id":"x","body":"a"},{"id":"y","body":"b"}]},"annotations":[{"completed_by":3,"result":[{"value":{"ranker":["x","y"]}}]},{"completed_by":4,"result":[{"value":{"ranker":["y","x"]}}]}]}]
            """);
        var report = await ImportAsync(store, project, "a.json");
        Assert.Equal((1, 1, 0), (report.Tasks, report.Annotations, report.BadLineCount));
        Assert.StartsWith("some rankings are the order of the items as they were shown", Assert.Single(report.Notes));
    }

    [Fact]
    public async Task Other_answers_go_to_the_questions_of_their_names_and_a_text_to_the_only_one_that_asks_for_it()
    {
        await using var store = await Store.OpenAsync();
        const string Record = """
            {"fields":{"prompt":"p","response_1":"a","response_2":"b"},"responses":{"order":[{"value":["response_2","response_1"],"user_id":"u"}],"quality_1":[{"value":2,"user_id":"u"}],"quality_2":[{"value":5,"user_id":"u"}],"comment":[{"value":"shorter","user_id":"u"}],"safe":[{"value":"yes","user_id":"u"}],"topics":[{"value":["law","money"],"user_id":"u"}]}}
            """;
        File.WriteAllText(store["a.jsonl"], Record);
        var project = await store.ProjectAsync(0, questions:
        [
            Question.DefaultRanking, new Question("why", QuestionKind.Text, "?"),
            new Question("quality", QuestionKind.Rating, "?") { Scale = new RatingScale(1, 5) },
            new Question("safe", QuestionKind.Labels, "?") { Choices = [new("yes", "Yes"), new("no", "No")] },
        ]);
        var report = await ImportAsync(store, project, "a.jsonl");
        Assert.Equal(["the project does not ask 'topics': these answers were left out"], report.Notes);
        await using var db = store.Database.OpenReadContext();
        var answers = (await db.Annotations.SingleAsync(Cancellation)).Answers;
        Assert.Equal(("shorter", "yes"), (answers["why"].Rationale, answers["safe"].Flags!.Single()));
        Assert.Equal([2.0, 5.0], answers["quality"].Ratings);
        Assert.Equal([1, 0], answers["ranking"].Ranking!.Select(g => g.Single()));

        // A project that is made from the file asks all of it.
        var made = await new ProjectImport(store.Database).ImportAsync("made", new ImportSource(store["a.jsonl"]), Cancellation);
        Assert.Empty(made.Notes);
        Assert.Equal(["comment Text", "quality Rating", "ranking Ranking", "safe Text", "topics Labels"],
            (await db.ProjectVersions.SingleAsync(v => v.ProjectId == made.Project, Cancellation)).Questions
                .Select(q => $"{q.Key} {q.Kind}").Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task What_the_project_does_not_ask_is_left_out_and_told()
    {
        await using var store = await Store.OpenAsync();
        var project = await store.ProjectAsync(0);
        File.WriteAllText(store["a.jsonl"], """{"prompt":"p","response_1":"a","response_2":"b","preference_strength":-2}""");
        Assert.Equal("'ranking' asks for no strength: how strong the preferences are was left out",
            Assert.Single((await ImportAsync(store, project, "a.jsonl")).Notes));
        File.WriteAllText(store["b.jsonl"], """
            {"prompt":"p","completion":"a","label":true}
            {"prompt":"p","completion":"b","label":false}
            {"prompt":"q","completion":"c","label":true}
            """);
        var report = await ImportAsync(store, project, "b.jsonl");
        Assert.Equal((1, 1), (report.Tasks, report.BadLineCount));
        Assert.Equal("the project does not ask 'label': these answers were left out", Assert.Single(report.Notes));
        Assert.Contains("a single completion", report.BadLines[0].Reason);
    }

    [Fact]
    public async Task Answers_that_do_not_fit_the_question_are_bad_lines()
    {
        await using var store = await Store.OpenAsync();
        var project = await store
            .ProjectAsync(0, questions: new Question("better", QuestionKind.Pairwise, "Which?", Ties: false, MaxStrength: 4));
        File.WriteAllText(store["a.jsonl"], """
            {"prompt":"p","response_1":"a","response_2":"b","preference_strength":-2}
            {"prompt":"q","response_1":"a","response_2":"b","preference_strength":0}
            """);
        var report = await ImportAsync(store, project, "a.jsonl");
        Assert.Equal((1, 1), (report.Tasks, report.BadLineCount));
        Assert.Equal(2, report.BadLines[0].Line);
        Assert.Contains("ties are not allowed", report.BadLines[0].Reason);
        await using var db = store.Database.OpenReadContext();
        var answer = (await db.Annotations.SingleAsync(Cancellation)).Answers["better"];
        Assert.Equal((0, 2.0), (answer.Ranking![0][0], answer.Strength));
    }

    [Fact]
    public async Task Tasks_with_another_number_of_completions_than_the_project_wants_are_bad_lines()
    {
        await using var store = await Store.OpenAsync();
        var project = await store.ProjectAsync(0);
        await store.Labeling.SetSettingsAsync(project, new ProjectSettings { Completions = 3 }, Cancellation);
        File.WriteAllText(store["a.jsonl"], """
            {"prompt":"p","completions":["a","b"]}
            {"prompt":"p","completions":["a","b","c"]}
            """);
        var report = await ImportAsync(store, project, "a.jsonl");
        Assert.Equal((1, 1), (report.Tasks, report.BadLineCount));
        Assert.Equal("2 completions; the tasks of this project have 3", report.BadLines[0].Reason);
    }

    [Fact]
    public async Task A_direction_without_a_strength_fits_where_people_must_say_how_strong()
    {
        await using var store = await Store.OpenAsync();
        var project = await store.ProjectAsync(0, questions: new Question("better", QuestionKind.Pairwise, "Which?", MaxStrength: 4));
        File.WriteAllText(store["a.jsonl"], """{"prompt":"p","chosen":"a","rejected":"b"}""");
        File.WriteAllText(store["b.jsonl"], """{"prompt":"p","completions":["a","b","c"]}""");
        Assert.Contains("3 completions; the tasks of this project have 2", await Store
            .RefusalAsync(() => ImportAsync(store, project, "b.jsonl")));
        Assert.Equal((1, 0), await ImportAsync(store, project, "a.jsonl") is var report ? (report.Annotations, report.BadLineCount)
            : default);
    }

    [Fact]
    public async Task A_file_of_which_nothing_can_be_imported_is_refused()
    {
        await using var store = await Store.OpenAsync();
        var project = await store.ProjectAsync(0);
        File.WriteAllText(store["a.jsonl"], "{\"chosen\":\"a\",\"rejected\":\"a\"}\n");
        Assert.Equal("a.jsonl: none of 1 lines could be imported as preferences. "
            + "The first: line 1: 'chosen' and 'rejected' are the same: no preference",
            await Store.RefusalAsync(() => new ProjectImport(store.Database).ImportAsync(
                project, new ImportSource(store["a.jsonl"]) { Name = "a.jsonl" }, Cancellation)));
        await Store.RefusalAsync(
            () => new ProjectImport(store.Database).ImportAsync("new", new ImportSource(store["a.jsonl"]), Cancellation));
        await using var db = store.Database.OpenReadContext();
        Assert.False(await db.Projects.AnyAsync(p => p.Name == "new", Cancellation));
        Assert.Contains("no labeling project", await Store.RefusalAsync(() => ImportAsync(store, Guid.NewGuid(), "a.jsonl")));
    }

    [Fact]
    public async Task An_import_is_told_to_pages_and_a_preview_is_not()
    {
        await using var store = await Store.OpenAsync();
        var project = await store.ProjectAsync(0);
        File.WriteAllText(store["a.jsonl"], """{"prompt":"p","chosen":"a","rejected":"b"}""");
        var feed = new ChangeFeed(store.Clock);
        long before = feed.Latest;
        ProjectImport.Preview(new ImportSource(store["a.jsonl"]));
        Assert.Equal(before, feed.Latest);
        await new ProjectImport(store.Database, store.Clock, feed).ImportAsync(project, new ImportSource(store["a.jsonl"]), Cancellation);
        Assert.Equal(before + 1, feed.Latest);
        await using var db = store.Database.OpenReadContext();
        Assert.Equal(store.Clock.Now, (await db.Tasks.SingleAsync(Cancellation)).Created);
    }

    [Fact]
    public async Task A_post_stays_on_one_side_of_the_split_and_models_are_kept()
    {
        await using var store = await Store.OpenAsync();
        var project = await store.ProjectAsync(0);
        File.WriteAllText(store["a.jsonl"], """{"post_id":"x1","history":"p","human_ref_A":"a","human_ref_B":"b","labels":1}""");
        await ImportAsync(store, project, "a.jsonl");
        File.WriteAllText(store["b.json"], """[{"prompt":"p","completions":[{"text":"a","source":"m"},{"text":"b","source":"n"}]}]""");
        await ImportAsync(store, project, "b.json");
        await using var db = store.Database.OpenReadContext();
        Assert.Equal(["x1", null], await db.Tasks.OrderBy(t => t.Position).Select(t => t.SplitGroup).ToListAsync(Cancellation));
        Assert.Equal(["""{"source":"m"}""", """{"source":"n"}"""], await db.Completions.Where(c => c.SamplingSettings != null)
            .OrderBy(c => c.Index).Select(c => c.SamplingSettings!).ToListAsync(Cancellation));
    }

    private static Task<ImportReport> ImportAsync(Store store, Guid project, string file) =>
        new ProjectImport(store.Database, store.Clock).ImportAsync(project, new ImportSource(store[file]), Cancellation);
}

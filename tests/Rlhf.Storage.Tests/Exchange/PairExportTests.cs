using System.Text;
using System.Text.Json;
using Rlhf.Core.Content;
using Rlhf.Core.Options;
using Rlhf.Storage.Entities;
using Rlhf.Storage.Exchange.Export;
using Rlhf.Storage.Exchange.Import;
using Rlhf.Storage.Labeling;
using Rlhf.Testing;

namespace Rlhf.Storage.Tests.Exchange;

/// <summary>Exports for TRL and hh-rlhf: exactly their columns, one line for each preference.</summary>
public sealed class PairExportTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Case_12_a_tie_between_two_others_makes_the_five_pairs_that_it_says()
    {
        await using var store = await Store.OpenAsync();
        var project = await store.Labeling.CreateProjectAsync("p", cancellation: Cancellation);
        await store.Labeling.AddTasksAsync(project, [Store.Task("q", "A", "B", "C", "D")], cancellation: Cancellation);
        // C > A = B > D
        await RankingsExchangeTests.AnswerAsync(store, await RankingsExchangeTests.PersonAsync(store), project,
            Answers.OfRanking(new Answer { Ranking = [[2], [0, 1], [3]] }));
        var lines = RankingsExchangeTests.Lines(await RankingsExchangeTests.ExportAsync(store, project, "trl-explicit"));
        Assert.Equal(["A>D", "B>D", "C>A", "C>B", "C>D"],
            lines.Select(l => $"{l.GetProperty("chosen").GetString()}>{l.GetProperty("rejected").GetString()}")
                .Order(StringComparer.Ordinal));
        Assert.All(lines, line => Assert.Equal(["prompt", "chosen", "rejected"], line.EnumerateObject().Select(p => p.Name)));
        Assert.All(lines, line => Assert.Equal("q", line.GetProperty("prompt").GetString()));
        var rankings = RankingsExchangeTests.Lines(await RankingsExchangeTests.ExportAsync(store, project, "rankings"));
        Assert.Equal("[[2],[0,1],[3]]",
            rankings[1].GetProperty("assignments")[0].GetProperty("annotations")[0].GetProperty("answers").GetProperty("ranking")
                .GetProperty("ranking").GetRawText());
    }

    [Theory]
    [InlineData("trl-explicit", """{"prompt":"q","chosen":" a","rejected":" b"}""")]
    [InlineData("trl-implicit", """{"chosen":"q a","rejected":"q b"}""")]
    [InlineData("trl-conversational", """{"prompt":[{"role":"user","content":"q"}],"chosen":[{"role":"assistant","content":" a"}],"rejected":[{"role":"assistant","content":" b"}]}""")]
    [InlineData("hh", """{"chosen":"\n\nHuman: q\n\nAssistant:  a","rejected":"\n\nHuman: q\n\nAssistant:  b"}""")]
    public async Task Plain_texts_keep_every_space(string format, string expected)
    {
        await using var store = await Store.OpenAsync();
        var project = await ProjectAsync(store, ("q", " a", " b"));
        Assert.Equal(expected + "\n", Encoding.UTF8.GetString(await RankingsExchangeTests.ExportAsync(store, project, format)));
    }

    [Theory]
    [InlineData("trl-explicit", "prompt,chosen,rejected")]
    [InlineData("trl-implicit", "chosen,rejected")]
    public async Task One_conversation_makes_the_whole_file_conversations(string format, string columns)
    {
        await using var store = await Store.OpenAsync();
        var project = await ProjectAsync(store, ("q", "a", "b"));
        await store.Labeling.AddTasksAsync(project,
        [
            new NewTask([Message.FromText("system", "s"), Message.FromText("user", "r")],
                [NewCompletion.FromText("c"), NewCompletion.FromText("d")]),
        ], cancellation: Cancellation);
        await RankingsExchangeTests.AnswerAsync(store, await RankingsExchangeTests.PersonAsync(store), project, Store.Ranks(2, 1));
        var lines = RankingsExchangeTests.Lines(await RankingsExchangeTests.ExportAsync(store, project, format));
        Assert.Equal(2, lines.Count);
        Assert.All(lines, line => Assert.Equal(columns, string.Join(',', line.EnumerateObject().Select(p => p.Name))));
        Assert.All(lines, line => Assert.All(line.EnumerateObject(), p => Assert.All(p.Value.EnumerateArray(),
            m => Assert.Equal(["role", "content"], m.EnumerateObject().Select(f => f.Name)))));
    }

    [Theory]
    [InlineData("trl-explicit")]
    [InlineData("trl-implicit")]
    [InlineData("trl-conversational")]
    [InlineData("hh")]
    public async Task What_is_exported_for_trl_comes_back(string format)
    {
        await using var store = await Store.OpenAsync();
        var project = await ProjectAsync(store, ("What is it? ", "red", "green"), ("And?", " yes\n", " no, \"not\" 🌸"));
        File.WriteAllBytes(store["file.jsonl"], await RankingsExchangeTests.ExportAsync(store, project, format));
        await using var other = await Store.OpenAsync();
        var report = await new ProjectImport(other.Database).ImportAsync("again", new ImportSource(store["file.jsonl"]), Cancellation);
        Assert.Equal((2, 2, 0), (report.Tasks, report.Annotations, report.BadLineCount));
        Assert.Equal(File.ReadAllLines(store["file.jsonl"]).Order(),
            Encoding.UTF8.GetString(await RankingsExchangeTests.ExportAsync(other, report.Project, format)).TrimEnd('\n').Split('\n')
                .Order());
    }

    /// <summary>Every file that the index calls preferences; implicit ones with the prompts that TRL itself finds.</summary>
    [Theory]
    [InlineData("data.jsonl")]
    [InlineData("data.parquet")]
    public async Task Every_trl_preference_file_comes_in_and_goes_out_with_its_prompts(string file)
    {
        string folder = SharedData.Require("data/ecosystem/trl-datasets");
        using var index = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(folder, "index.json")));
        var sets = index.RootElement.GetProperty("sets").EnumerateObject()
            .Where(set => set.Value.GetProperty("type").GetString() == "preference").ToList();
        Assert.True(sets.Count >= 4);
        foreach (var set in sets)
        {
            string cut = Path.Combine(folder, set.Name, "after_extract_prompt.json");
            var expected = File.Exists(cut)
                ? JsonDocument.Parse(File.ReadAllBytes(cut)).RootElement.EnumerateArray().ToList()
                : [.. File.ReadLines(Path.Combine(folder, set.Name, "data.jsonl")).Select(line => JsonDocument.Parse(line).RootElement)];
            await using var store = await Store.OpenAsync();
            var report = await new ProjectImport(store.Database).ImportAsync(
                "p", new ImportSource(Path.Combine(folder, set.Name, file)), Cancellation);
            Assert.Equal((set.Value.GetProperty("rows").GetInt32(), 0), (report.Annotations, report.BadLineCount));
            string format = set.Value.GetProperty("format").GetString() == "standard" ? "trl-explicit" : "trl-conversational";
            Assert.Equal(expected.Select(Plain).Order(StringComparer.Ordinal),
                RankingsExchangeTests.Lines(await RankingsExchangeTests.ExportAsync(store, report.Project, format)).Select(Plain)
                    .Order(StringComparer.Ordinal));
        }

        static string Plain(JsonElement row) =>
            string.Join('\n', ((string[])["prompt", "chosen", "rejected"]).Select(name => JsonSerializer.Serialize(row.GetProperty(name))));
    }

    [Fact]
    public async Task Pairs_on_which_trl_fails_are_refused_with_their_lines()
    {
        await using var store = await Store.OpenAsync();
        var project = await ProjectAsync(store, ("", "a", ""), ("q", "b", "c"));
        Assert.Matches("1 pairs on which TRL fails; line [12]: prompt and completion are empty. Export trl-explicit instead",
            await Store.RefusalAsync(() => RankingsExchangeTests.ExportAsync(store, project, "trl-implicit")));
        await using var export = await OpenAsync(store, project, "trl-explicit");
        Assert.Empty(export.Warnings);
    }

    [Fact]
    public async Task A_text_that_begins_with_the_other_is_named()
    {
        await using var store = await Store.OpenAsync();
        var project = await ProjectAsync(store, ("q", "b", "c"), ("q", "yes", "yes, sir"));
        await using var export = await OpenAsync(store, project, "trl-implicit");
        Assert.Matches("^line [12]: one text begins with the other", Assert.Single(export.Warnings));
    }

    [Fact]
    public async Task Rejected_and_excluded_answers_are_left_out_and_edited_ones_count_as_edited()
    {
        await using var store = await Store.OpenAsync();
        var project = await store.ProjectAsync(1, overlap: 3);
        var people = new List<Guid>();
        for (int i = 0; i < 3; i++)
            people.Add(await RankingsExchangeTests.PersonAsync(store));
        var reviewer = await RankingsExchangeTests.PersonAsync(store);
        foreach (var person in people)
            await RankingsExchangeTests.AnswerAsync(store, person, project, Store.Ranks(1, 2));
        await using var db = store.Database.OpenReadContext();
        await new LabelingMembers(store.Database, store.Clock).SetRoleAsync(project, reviewer, ProjectRole.Reviewer, Cancellation);
        var reviews = new LabelingReviews(store.Database, store.Clock);
        Guid AnnotationOf(Guid person) => db.Annotations.Single(a => a.AnnotatorId == person).Id;
        await reviews.ReviewAsync(reviewer, AnnotationOf(people[0]), ReviewDecision.Rejected, null, "no", Cancellation);
        await reviews.ReviewAsync(reviewer, AnnotationOf(people[1]), ReviewDecision.Edited, Store.Ranks(2, 1), null, Cancellation);
        await new LabelingMembers(store.Database, store.Clock).ExcludeAsync(project, people[2], "bad", cancellation: Cancellation);
        Assert.Equal("""{"prompt":"prompt 0","chosen":"b 0","rejected":"a 0"}""" + "\n",
            Encoding.UTF8.GetString(await RankingsExchangeTests.ExportAsync(store, project, "trl-explicit")));
    }

    /// <summary>The rules of dataset versions: the same lines as such a version, taken apart into pairs.</summary>
    [Theory]
    [InlineData(Aggregation.Each, "a>b 1, a>b 1, a>b 1, b>a 1, b>a 1, b>a 1, b>a 1, a>b 1")]
    [InlineData(Aggregation.Majority, "a>b 1, b>a 1")]
    [InlineData(Aggregation.Weighted, "a>b 1, b>a 1")]
    [InlineData(Aggregation.Soft, "a>b 0.75, b>a 0.25, a>b 0.25, b>a 0.75")]
    [InlineData(Aggregation.Adjudicated, "b>a 1")]
    public async Task Several_annotators_rankings_become_pairs_by_the_rule_of_dataset_versions(Aggregation rule, string expected)
    {
        await using var store = await Store.OpenAsync();
        var project = await store.Labeling.CreateProjectAsync("p", overlap: 4, cancellation: Cancellation);
        await store.Labeling.AddTasksAsync(
            project, [Store.Task("one", "a", "b"), Store.Task("two", "a", "b")], cancellation: Cancellation);
        int[][][] ranks = [[[1, 2], [2, 1]], [[1, 2], [2, 1]], [[1, 2], [2, 1]], [[2, 1], [1, 2]]];
        foreach (int[][] person in ranks)
        {
            var annotator = await RankingsExchangeTests.PersonAsync(store);
            foreach (int[] answer in person)
                await RankingsExchangeTests.AnswerAsync(store, annotator, project, Store.Ranks(answer));
        }
        await using var db = store.Database.OpenReadContext();
        var second = db.Tasks.Single(t => t.Position == 1).Id;
        await new LabelingReviews(store.Database, store.Clock, everywhere: true).AdjudicateAsync(
            await RankingsExchangeTests.PersonAsync(store), second, Store.Ranks(2, 1), cancellation: Cancellation);
        await using var export = await new ProjectExport(store.Database).OpenAsync(
            project, ExportFormat.Named("trl-explicit"), rule: rule, cancellation: Cancellation);
        var stream = new MemoryStream();
        Assert.Equal(expected.Split(',').Length, await export.WriteAsync(stream, Cancellation));
        var pairs = RankingsExchangeTests.Lines(stream.ToArray());
        // By prompt, then as they are written: sorted by content but for each.
        Assert.Equal(expected.Split(", ").Order(StringComparer.Ordinal), pairs.Select(p => string.Create(
            System.Globalization.CultureInfo.InvariantCulture,
            $"{p.GetProperty("chosen")}>{p.GetProperty("rejected")} {(p.TryGetProperty("weight", out var w) ? w.GetDouble() : 1):0.##}"))
            .Order(StringComparer.Ordinal));
        Assert.Equal(rule == Aggregation.Soft, pairs[0].TryGetProperty("weight", out _));
    }

    [Fact]
    public async Task The_order_of_entry_makes_no_difference_to_pairs_by_a_rule_and_no_file_is_left()
    {
        Assert.Equal(await ExportedAsync(false), await ExportedAsync(true));

        static async Task<string> ExportedAsync(bool reverse)
        {
            await using var store = await Store.OpenAsync();
            var project = await store.Labeling.CreateProjectAsync("p", overlap: 2, cancellation: Cancellation);
            int[] tasks = [.. Enumerable.Range(0, 9)];
            await store.Labeling.AddTasksAsync(project, (reverse ? tasks.Reverse() : tasks).Select(i => Store.Task($"p {i}", "a", "b")),
                cancellation: Cancellation);
            for (int person = 0; person < 2; person++)
            {
                var annotator = await RankingsExchangeTests.PersonAsync(store);
                foreach (int _ in tasks)
                    await RankingsExchangeTests.AnswerAsync(store, annotator, project, Store.Ranks(1, 2));
            }
            var export = await new ProjectExport(store.Database).OpenAsync(
                project, ExportFormat.Named("hh"), rule: Aggregation.Majority, cancellation: Cancellation);
            var stream = new MemoryStream();
            Assert.Equal(9, await export.WriteAsync(stream, Cancellation));
            Assert.True(Directory.Exists(export.TemporaryFolder));
            await export.DisposeAsync();
            Assert.False(Directory.Exists(export.TemporaryFolder));
            return Encoding.UTF8.GetString(stream.ToArray());
        }
    }

    [Fact]
    public async Task The_question_whose_ranking_is_taken_can_be_named()
    {
        await using var store = await Store.OpenAsync();
        var project = await store.ProjectAsync(1, questions:
            [new Question("helpful", QuestionKind.Ranking, "?"), new Question("harmless", QuestionKind.Ranking, "?")]);
        var answers = new Answers { ["helpful"] = Answer.FromRanks([1, 2]), ["harmless"] = Answer.FromRanks([2, 1]) };
        await RankingsExchangeTests.AnswerAsync(store, await RankingsExchangeTests.PersonAsync(store), project, answers);
        Assert.Contains("\"chosen\":\"a 0\"", await TextAsync(null));
        Assert.Contains("\"chosen\":\"b 0\"", await TextAsync("harmless"));
        Assert.Contains("no ranking or pairwise question 'no'; it has helpful, harmless", await Store.RefusalAsync(() => TextAsync("no")));

        async Task<string> TextAsync(string? question)
        {
            await using var export = await new ProjectExport(store.Database).OpenAsync(
                project, ExportFormat.Named("trl-explicit"), question, cancellation: Cancellation);
            var stream = new MemoryStream();
            await export.WriteAsync(stream, Cancellation);
            return Encoding.UTF8.GetString(stream.ToArray());
        }
    }

    private static Task<OpenExport> OpenAsync(Store store, Guid project, string format) =>
        new ProjectExport(store.Database).OpenAsync(project, ExportFormat.Named(format), cancellation: Cancellation);

    /// <summary>One task for each; the first completion is better.</summary>
    private static async Task<Guid> ProjectAsync(Store store, params (string Prompt, string Good, string Bad)[] tasks)
    {
        var project = await store.Labeling.CreateProjectAsync("p", cancellation: Cancellation);
        await store.Labeling.AddTasksAsync(project, tasks.Select(t => Store.Task(t.Prompt, t.Good, t.Bad)), cancellation: Cancellation);
        var person = await RankingsExchangeTests.PersonAsync(store);
        foreach (var _ in tasks)
            await RankingsExchangeTests.AnswerAsync(store, person, project, Store.Ranks(1, 2));
        return project;
    }
}

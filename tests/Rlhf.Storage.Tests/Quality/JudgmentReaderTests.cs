using Rlhf.Core.Content;
using Rlhf.Storage.Entities;
using Rlhf.Storage.Labeling;
using Rlhf.Storage.Quality;

namespace Rlhf.Storage.Tests.Quality;

public sealed class JudgmentReaderTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_newest_answers_are_read_without_those_of_excluded_people()
    {
        await using var store = await Store.OpenAsync();
        var project = await store.ProjectAsync(tasks: 2, overlap: 3);
        var people = await QualityStore.AnswerAsync(store, project, 3, (k, _) => Store.Ranks(k == 1 ? [2, 1] : [1, 2]));
        var reader = new JudgmentReader(store.Database);
        var all = await reader.ReadAsync(project, cancellation: Cancellation);
        Assert.Equal((2, 2), (all.AnsweredTasks, all.Tasks.Count));
        Assert.Equal(people.Order(), all.Annotators.Order());
        Assert.All(all.Rankings(all.Questions[0]), task => Assert.Equal(3, task.Judgments.Count));
        Assert.All(all.Tasks.SelectMany(t => t.Given), g => Assert.Equal(2, g.OrderShown!.Count));

        // A correction replaces the answer; an exclusion leaves all of somebody's out.
        await using (var db = store.Database.OpenReadContext())
        {
            var first = db.Annotations.First(a => a.AnnotatorId == people[0]);
            await store.Labeling.CorrectAsync(people[0], first.AssignmentId, 1, Store.Ranks(1, 1), cancellation: Cancellation);
        }
        await new LabelingMembers(store.Database, store.Clock).ExcludeAsync(project, people[1], "at random", cancellation: Cancellation);
        var rest = await reader.ReadAsync(project, cancellation: Cancellation);
        Assert.Equal(new[] { people[0], people[2] }.Order(), rest.Annotators.Order());
        string[] ranks = [.. rest.Rankings(rest.Questions[0]).SelectMany(t => t.Judgments).Select(j => string.Join(' ', j.Ranks)).Order()];
        Assert.Equal(["1 1", "1 2", "1 2", "1 2"], ranks);
        Assert.Equal("no labeling project " + Guid.Empty, await Store.RefusalAsync(() => reader.ReadAsync(Guid.Empty)));
    }

    [Fact]
    public async Task The_fingerprint_changes_with_everything_that_changes_a_statistic()
    {
        await using var store = await Store.OpenAsync();
        var project = await store.ProjectAsync(tasks: 2, overlap: 2);
        var reader = new JudgmentReader(store.Database);
        var seen = new List<string> { await reader.FingerprintAsync(project, Cancellation) };
        async Task ChangedAsync()
        {
            string now = await reader.FingerprintAsync(project, Cancellation);
            Assert.DoesNotContain(now, seen);
            Assert.Equal(now, await reader.FingerprintAsync(project, Cancellation));
            seen.Add(now);
        }

        var people = await QualityStore.AnswerAsync(store, project, 1, (_, _) => Store.Ranks(1, 2));
        await ChangedAsync();
        await using (var db = store.Database.OpenReadContext())
        {
            var first = db.Annotations.First();
            await store.Labeling.CorrectAsync(people[0], first.AssignmentId, 1, Store.Ranks(2, 1), cancellation: Cancellation);
        }
        await ChangedAsync();
        var members = new LabelingMembers(store.Database, store.Clock);
        await members.ExcludeAsync(project, people[0], "at random", cancellation: Cancellation);
        await ChangedAsync();
        store.Clock.Now += TimeSpan.FromMinutes(1);
        await members.ReadmitAsync(project, people[0], Cancellation);
        await ChangedAsync();
        await store.Labeling.ReviseProjectAsync(project, [Question.DefaultRanking with { Text = "Which?" }], "", Cancellation);
        await ChangedAsync();
        await store.Labeling.AddTasksAsync(project, [Store.Task("another", "a", "b")], cancellation: Cancellation);
        await ChangedAsync();
        await using (var db = store.Database.OpenReadContext())
        {
            var task = db.Annotations.First().TaskId;
            var reviews = new LabelingReviews(store.Database, store.Clock, everywhere: true);
            for (int i = 0; i < 2; i++)
            {
                await reviews.AdjudicateAsync(people[0], task, Store.Ranks(1, 2), cancellation: Cancellation);
                await ChangedAsync();
            }
        }
    }

    [Fact]
    public async Task Of_a_large_project_the_same_sample_is_read_every_time()
    {
        await using var store = await Store.OpenAsync();
        var project = await store.ProjectAsync(tasks: 40);
        await QualityStore.AnswerAsync(store, project, 1, (_, _) => Store.Ranks(1, 2));
        var reader = new JudgmentReader(store.Database);
        var sample = await reader.ReadAsync(project, maxTasks: 10, Cancellation);
        Assert.Equal((40, 10), (sample.AnsweredTasks, sample.Tasks.Count));
        var again = await reader.ReadAsync(project, maxTasks: 10, Cancellation);
        Assert.Equal(sample.Tasks.Select(t => t.Id), again.Tasks.Select(t => t.Id));
        // A larger sample holds the smaller one.
        var larger = await reader.ReadAsync(project, maxTasks: 20, Cancellation);
        Assert.Equal(20, larger.Tasks.Count);
        Assert.Empty(sample.Tasks.Select(t => t.Id).Except(larger.Tasks.Select(t => t.Id)));
    }

    [Fact]
    public async Task Case_10_a_completion_that_says_which_model_it_is_is_flagged_and_can_be_left_out()
    {
        await using var store = await Store.OpenAsync();
        var project = await store.Labeling.CreateProjectAsync("arena", cancellation: Cancellation);
        await store.Labeling.AddTasksAsync(project,
            [
                Sourced("hello", ("I am ChatGPT, a model trained by OpenAI.", "model-x"), ("Hello there!", "model-y")),
                Sourced("bye", ("Goodbye.", "model-x"), (" Goodbye. ", "model-y")),
            ], cancellation: Cancellation);
        await QualityStore.AnswerAsync(store, project, 1, (_, _) => Store.Ranks(1, 2));
        var read = await new JudgmentReader(store.Database).ReadAsync(project, cancellation: Cancellation);
        Assert.Equal(["model-x", "model-y"], read.Policies);
        var (hello, bye) = (read.Tasks[0], read.Tasks[1]);
        Assert.Equal([true, false], hello.SelfIdentifying);
        Assert.Equal([false, false], bye.SelfIdentifying);
        Assert.Equal([0, 1], read.Rankings(read.Questions[0])[0].Policies);
        Assert.Equal([-1, 1], read.Rankings(read.Questions[0], leaveOutSelfIdentifying: true)[0].Policies);
        // Identical after trimming: one of them was judged.
        Assert.Equal([false, true], bye.Repeats);
        Assert.Equal([1, 0], read.Rankings(read.Questions[0])[1].Judgments[0].Ranks);
    }

    [Fact]
    public async Task Ratings_and_labels_are_units_of_values()
    {
        await using var store = await Store.OpenAsync();
        Question[] questions =
        [
            new("helpful", QuestionKind.Rating, "Helpful?") { Scale = new RatingScale(1, 5) },
            new("unsafe", QuestionKind.Labels, "Unsafe?") { Choices = [new("yes", "yes"), new("spam", "spam")], Multiple = true },
        ];
        var project = await store.ProjectAsync(tasks: 1, overlap: 2, questions: questions);
        await QualityStore.AnswerAsync(store, project, 2, (k, _) => new Answers
        {
            ["helpful"] = new Answer { Ratings = [1, k == 0 ? 4 : 5] },
            ["unsafe"] = new Answer { Flags = k == 0 ? ["yes", "spam"] : ["spam", "yes"] },
        });
        var read = await new JudgmentReader(store.Database).ReadAsync(project, cancellation: Cancellation);
        Assert.Equal(["1 1", "4 5"], read.Values(read.Questions[0])[0].Select(unit => string.Join(' ', unit.Order())));
        Assert.Equal(["0 0"], read.Values(read.Questions[1])[0].Select(unit => string.Join(' ', unit)));
    }

    private static NewTask Sourced(string prompt, params (string Text, string Source)[] completions) =>
        new(LabelingService.Prompt(prompt), [.. completions.Select(c =>
            new NewCompletion([Message.FromText(Message.Assistant, c.Text)]) { SamplingSettings = $$"""{"source":"{{c.Source}}"}""" })]);
}

using Microsoft.EntityFrameworkCore;
using Rlhf.Storage.Entities;
using Rlhf.Storage.Labeling;

namespace Rlhf.Storage.Tests.Labeling.Pausing;

/// <summary>Who is paused for how they answer, when, and what they read.</summary>
public sealed class PauseRulesTests
{
    private static readonly TimeSpan Reading = TimeSpan.FromMinutes(1);

    private static readonly ProjectSettings Straight = new() { PauseAboveStraightShare = 0.5, PauseAfterAnswers = 20 };

    private static readonly ProjectSettings Quick = new() { PauseAboveQuickShare = 0.25, PauseAfterAnswers = 20 };

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Whoever_keeps_the_order_shown_is_paused_with_the_reason_and_may_begin_anew()
    {
        await using var store = await Store.OpenAsync();
        var project = await ProjectAsync(store, Straight, tasks: 60, completions: 5);
        var annotator = await LeaseTests.AnnotatorAsync(store);
        Assert.Equal(20, await AnswerAsync(store, annotator, project, ByPlace));
        const string Reason = "20 of the last 20 rankings kept the order shown; by chance it would be about 0.2, and this project allows "
            + "50 %";
        Assert.EndsWith(Reason, await Store.RefusalAsync(() => store.Labeling.LeaseNextAsync(annotator, project)));
        var member = await MemberAsync(store, project, annotator);
        Assert.Equal((MemberState.Paused, Reason), (member.State, member.Reason));

        // Let go on, it is what they do now that counts.
        await new LabelingMembers(store.Database, store.Clock).ReadmitAsync(project, annotator, Cancellation);
        Assert.Equal(40, await AnswerAsync(store, annotator, project, ByContent));
        Assert.Equal(MemberState.Active, (await MemberAsync(store, project, annotator)).State);
    }

    [Fact]
    public async Task Whoever_gives_one_answer_by_place_again_and_again_is_paused()
    {
        await using var store = await Store.OpenAsync();
        var project = await ProjectAsync(store, Straight, tasks: 30, completions: 3);
        var annotator = await LeaseTests.AnnotatorAsync(store);
        Assert.Equal(20, await AnswerAsync(store, annotator, project, task => [.. ByPlace(task).Select(rank => 4 - rank)]));
        Assert.Contains("20 of the last 20 rankings were the same by place",
            await Store.RefusalAsync(() => store.Labeling.LeaseNextAsync(annotator, project)));
    }

    [Fact]
    public async Task The_share_that_is_allowed_counts_and_so_does_chance()
    {
        await using var store = await Store.OpenAsync();
        // Every third ranking by place is improbable by chance, but allowed. (That the others keep the order shown is a chance of one in
        // 720 each.)
        var third = await ProjectAsync(store, Straight, tasks: 40, completions: 6);
        var annotator = await LeaseTests.AnnotatorAsync(store);
        int number = 0;
        Assert.Equal(40, await AnswerAsync(store, annotator, third, task => number++ % 3 == 0 ? ByPlace(task) : Backwards(task)));
        // Of five pairs all may be alike by chance, whatever the share.
        var few = await ProjectAsync(
            store, new ProjectSettings { PauseAboveStraightShare = 0, PauseAfterAnswers = 5 }, tasks: 5, completions: 2);
        Assert.Equal(5, await AnswerAsync(store, annotator, few, ByPlace));
        Assert.Equal(MemberState.Active, (await MemberAsync(store, few, annotator)).State);

        static int[] Backwards(LeasedTask task) => [.. ByContent(task).Select(rank => 7 - rank)];
    }

    [Theory]
    // Twenty words and a prompt of two: 1.3 s at 1,000 words a minute.
    [InlineData(20, 1.0, true)]
    [InlineData(20, 1.5, false)]
    // The limit grows with the text.
    [InlineData(200, 1.5, true)]
    [InlineData(200, 13, false)]
    public async Task Whoever_answers_before_the_texts_can_have_been_read_is_paused(int words, double seconds, bool paused)
    {
        await using var store = await Store.OpenAsync();
        var project = await ProjectAsync(store, Quick, tasks: 20, completions: 2, words: words / 2);
        var annotator = await LeaseTests.AnnotatorAsync(store);
        Assert.Equal(20, await AnswerAsync(store, annotator, project, ByContent, _ => seconds));
        var member = await MemberAsync(store, project, annotator);
        Assert.Equal(paused ? MemberState.Paused : MemberState.Active, member.State);
        Assert.Equal(paused
            ? "20 of the last 20 answers came before anybody could have read the texts at 1000 words a minute; this project allows 25 %"
            : null, member.Reason);
    }

    [Theory]
    [InlineData(5, false)]
    [InlineData(6, true)]
    public async Task A_share_of_quick_answers_is_allowed(int quick, bool paused)
    {
        await using var store = await Store.OpenAsync();
        var project = await ProjectAsync(store, Quick, tasks: 20, completions: 2, words: 100);
        var annotator = await LeaseTests.AnnotatorAsync(store);
        await AnswerAsync(store, annotator, project, ByContent, number => number < quick ? 1 : 50);
        Assert.Equal(paused, (await MemberAsync(store, project, annotator)).State == MemberState.Paused);
    }

    [Fact]
    public async Task Without_a_time_of_their_own_the_lease_tells_how_long_an_answer_took()
    {
        await using var store = await Store.OpenAsync();
        var settings = Quick with { QuickWordsPerMinute = 100 };
        var (fast, slow) = (await ProjectAsync(store, settings, tasks: 20, completions: 2, words: 100),
            await ProjectAsync(store, settings, tasks: 20, completions: 2, words: 10));
        var annotator = await LeaseTests.AnnotatorAsync(store);
        foreach (var project in new[] { fast, slow })
            await AnswerAsync(store, annotator, project, ByContent, _ => null);
        // A minute for 202 words, and for 22.
        Assert.Equal(MemberState.Paused, (await MemberAsync(store, fast, annotator)).State);
        Assert.Equal(MemberState.Active, (await MemberAsync(store, slow, annotator)).State);
    }

    [Fact]
    public async Task Nobody_is_paused_where_no_rule_is_set_or_before_there_are_enough_answers()
    {
        await using var store = await Store.OpenAsync();
        var annotator = await LeaseTests.AnnotatorAsync(store);
        foreach (var settings in new[] { new ProjectSettings { PauseAfterAnswers = 5 }, Straight with { PauseAfterAnswers = 41 } })
        {
            var project = await ProjectAsync(store, settings, tasks: 40, completions: 3, words: 100);
            Assert.Equal(40, await AnswerAsync(store, annotator, project, ByPlace, _ => 1));
        }
    }

    [Fact]
    public async Task Whoever_is_let_go_on_after_wrong_golds_begins_anew_with_them()
    {
        await using var store = await Store.OpenAsync();
        var project = await ProjectAsync(
            store, new ProjectSettings { GoldShare = 1, PauseBelowGoldAccuracy = 0.9, PauseAfterGolds = 3 }, tasks: 20, completions: 2);
        await store.Labeling.AddTasksAsync(project, Enumerable.Range(0, 12)
            .Select(i => Store.Task($"gold {i}", "good", "bad") with { Kind = TaskKind.Gold, Gold = Store.Ranks(1, 2) }),
            cancellation: Cancellation);
        var annotator = await LeaseTests.AnnotatorAsync(store);
        Assert.Equal(3, await AnswerAsync(store, annotator, project, _ => [2, 1]));
        Assert.Equal("0 of 3 tasks with a known answer were right; this project asks for 90 %",
            (await MemberAsync(store, project, annotator)).Reason);
        await new LabelingMembers(store.Database, store.Clock).ReadmitAsync(project, annotator, Cancellation);
        Assert.Equal(9 + 20, await AnswerAsync(store, annotator, project, _ => [1, 2]));
    }

    [Fact]
    public async Task Settings_out_of_range_are_refused()
    {
        await using var store = await Store.OpenAsync();
        var project = await store.Labeling.CreateProjectAsync("p", cancellation: Cancellation);
        foreach (var (settings, complaint) in new (ProjectSettings, string)[]
        {
            (new() { PauseAboveQuickShare = 1.5 }, "pauseAboveQuickShare must be 0 … 1; got 1.5"),
            (new() { PauseAboveStraightShare = -1 }, "pauseAboveStraightShare must be 0 … 1; got -1"),
            (new() { QuickWordsPerMinute = 0 }, "quickWordsPerMinute must be above 0; got 0"),
            (new() { PauseAfterAnswers = 201 }, "pauseAfterAnswers must be 1 … 200; got 201"),
            (new() { Closed = " " }, "closed must be a reason of 1 … 1000 characters, or null; got 1"),
        })
        {
            Assert.Contains(complaint, await Store.RefusalAsync(() => store.Labeling.SetSettingsAsync(project, settings)));
        }
    }

    /// <summary>The order shown.</summary>
    private static int[] ByPlace(LeasedTask task)
    {
        int[] ranks = new int[task.Completions.Count];
        for (int place = 0; place < ranks.Length; place++)
            ranks[task.Completions[place].Index] = place + 1;
        return ranks;
    }

    private static int[] ByContent(LeasedTask task) => [.. Enumerable.Range(1, task.Completions.Count)];

    private static async Task<Guid> ProjectAsync(Store store, ProjectSettings settings, int tasks, int completions, int words = 1)
    {
        var project = await store.Labeling.CreateProjectAsync($"{Guid.NewGuid()}", cancellation: Cancellation);
        await store.Labeling.AddTasksAsync(project, Enumerable.Range(0, tasks).Select(i => Store.Task($"prompt {i}",
            [.. Enumerable.Range(0, completions).Select(c => string.Join(' ', Enumerable.Repeat($"{(char)('a' + c)}{i}", words)))])));
        await store.Labeling.SetSettingsAsync(project, settings, Cancellation);
        return project;
    }

    /// <summary>Answers until there is nothing left, or they are paused. Returns how many were answered.</summary>
    private static async Task<int> AnswerAsync(
        Store store, Guid annotator, Guid project, Func<LeasedTask, int[]> ranks, Func<int, double?>? seconds = null)
    {
        int answered = 0;
        while ((await MemberOrNullAsync(store, project, annotator))?.State != MemberState.Paused
            && await store.Labeling.LeaseNextAsync(annotator, project, cancellation: Cancellation) is { } task)
        {
            store.Clock.Now += Reading;
            double? taken = seconds is null ? Reading.TotalSeconds : seconds(answered);
            await store.Labeling.SubmitAsync(
                annotator, task.AssignmentId, Store.Ranks(ranks(task)), new AnnotationContext(taken), Cancellation);
            answered++;
        }
        return answered;
    }

    private static async Task<ProjectMember> MemberAsync(Store store, Guid project, Guid annotator) =>
        (await MemberOrNullAsync(store, project, annotator))!;

    private static async Task<ProjectMember?> MemberOrNullAsync(Store store, Guid project, Guid annotator)
    {
        await using var db = store.Database.OpenReadContext();
        return await db.Members.SingleOrDefaultAsync(m => m.ProjectId == project && m.AnnotatorId == annotator, Cancellation);
    }
}

using System.Globalization;
using Microsoft.Extensions.DependencyInjection;
using Rlhf.Core.Options;
using Rlhf.Definitions.Pipelines;
using Rlhf.Pipeline.Hub.Waiting;
using Rlhf.Pipeline.Hub.Work;
using Rlhf.Pipeline.Runs;
using Rlhf.Storage;
using Rlhf.Storage.Entities;
using Rlhf.Testing;

namespace Rlhf.Pipeline.Tests.Hub.Waiting;

/// <summary>Every rule that ends the wait of a label stage before all answers are there.</summary>
public sealed class StoppingRulesTests : IDisposable
{
    private readonly TemporaryFolder _place = new();

    public StoppingRulesTests() => Labelers.WriteCandidates(_place["candidates.jsonl"], 40);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private Home Home => Storage.Home.Open(_place["home"]);

    public void Dispose() => _place.Dispose();

    [Fact]
    public async Task A_number_of_answers()
    {
        await using var hub = await TestHub.StartAsync(Home, command: null);
        var (id, project) = await WaitAsync(hub, new() { Annotations = 5 });
        await Labelers.AnswerAsync(hub.Labeling(), project, most: 4);
        Assert.Equal(RunState.Waiting, (await hub.Runs.GetAsync(id, Cancellation)).State);
        await Labelers.AnswerAsync(hub.Labeling(), project, most: 1);
        var result = await ResultAsync(hub, id);
        Assert.Equal("5 answers are there", result.Ended);
        Assert.Equal(5, result.Collected!.Rankings);
    }

    [Fact]
    public async Task An_interval_of_the_agreement_that_is_narrow_enough()
    {
        await using var hub = await TestHub.StartAsync(Home, command: null);
        var (id, project) = await WaitAsync(hub, new() { AgreementWithin = 0.3 }, overlap: 2);
        // One person alone agrees with nobody.
        await Labelers.AnswerAsync(hub.Labeling(), project);
        Assert.Equal(RunState.Waiting, (await hub.Runs.GetAsync(id, Cancellation)).State);
        // Others disagree on every fourth task. Nobody answers any more once the agreement is known well enough.
        for (int i = 0; i < 39 && !(await HalfWidthAsync() <= 0.3); i++)
            await Labelers.AnswerAsync(hub.Labeling(), project, most: 1, opinion: _ => i % 4 != 0);
        await AssertEndsAsync(hub, project, new() { AgreementWithin = 0.3 });
        var result = await ResultAsync(hub, id);
        Assert.StartsWith("agreement is known to within 0.", result.Ended, StringComparison.Ordinal);
        Assert.True(double.Parse(result.Ended!.Split(' ')[^1], CultureInfo.InvariantCulture) <= 0.3, result.Ended);
        Assert.InRange(result.Collected!.Rankings, 50, 79);

        Task<double?> HalfWidthAsync() => ProjectAgreement.HalfWidthAsync(hub.Database, project, Cancellation);
    }

    [Fact]
    public async Task Agreement_that_has_known_no_spread_yet_is_not_known()
    {
        await using var hub = await TestHub.StartAsync(Home, command: null);
        var (id, project) = await WaitAsync(hub, new() { AgreementWithin = 0.1 }, overlap: 2);
        Assert.Null(await HalfWidthAsync());
        await Labelers.AnswerAsync(hub.Labeling(), project, opinion: task => task % 2 == 0);
        Assert.Null(await HalfWidthAsync());
        // All agree. After 29 tasks, more than one in ten may still be one that they do not agree on.
        for (int task = 0; task < 29; task++)
        {
            await AgreeAsync(task);
            // Of the first one alone, where every pair is ordered alike, there is no α.
            Assert.Equal(task == 0 ? null : 3.0 / (task + 1), await HalfWidthAsync());
        }
        Assert.Equal(RunState.Waiting, (await hub.Runs.GetAsync(id, Cancellation)).State);
        await AgreeAsync(29);
        await AssertEndsAsync(hub, project, new() { AgreementWithin = 0.1 });
        // Also where somebody disagrees just then, and the agreement is known less well.
        Assert.Equal(1, await Labelers.AnswerAsync(hub.Labeling(), project, most: 1, opinion: task => task % 2 != 0));
        Assert.True(await HalfWidthAsync() > 0.1);
        await AssertEndsAsync(hub, project, new() { AgreementWithin = 0.1 });
        Assert.Equal("agreement is known to within 0.1", (await ResultAsync(hub, id)).Ended);

        Task AgreeAsync(int task) => Labelers.AnswerAsync(hub.Labeling(), project, most: 1, opinion: _ => task % 2 == 0);

        Task<double?> HalfWidthAsync() => ProjectAgreement.HalfWidthAsync(hub.Database, project, Cancellation);
    }

    [Fact]
    public async Task A_date_that_comes_while_the_hub_runs()
    {
        await using var hub = await TestHub.StartAsync(Home, command: null);
        var date = DateTimeOffset.UtcNow.AddSeconds(10);
        var (id, project) = await WaitAsync(
            hub, new() { Date = date.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture) });
        await Labelers.AnswerAsync(hub.Labeling(), project, most: 2);
        var result = await ResultAsync(hub, id);
        Assert.True(DateTimeOffset.UtcNow >= date);
        Assert.StartsWith("its time was over on ", result.Ended, StringComparison.Ordinal);
        Assert.Equal(2, result.Collected!.Rankings);
    }

    [Theory]
    [InlineData("2026-01-05", 0, 2, false)]
    [InlineData("2026-01-05", 0, 3, true)]
    [InlineData("2026-01-05T06:00+02:00", 0, 3, false)]
    [InlineData("", 2.5, 2, false)]
    [InlineData("", 2.5, 3, true)]
    [InlineData("2026-01-09", 2.5, 3, true)]
    [InlineData("2026-01-04", 9, 2, true)]
    public async Task A_date_or_a_number_of_days_that_is_over_when_a_hub_starts(string date, double days, int later, bool ends)
    {
        // The clock of the tests begins on 2026-01-02 at 03:04:05.
        var clock = new SetClock();
        Guid id, project;
        await using (var hub = await StartAsync(clock))
        {
            (id, project) = await WaitAsync(hub, new() { Date = date, Days = days });
            await Labelers.AnswerAsync(hub.Labeling(), project, most: 2);
        }
        clock.Advance(TimeSpan.FromDays(later).TotalSeconds);
        await using var second = await StartAsync(clock);
        if (ends)
        {
            Assert.Equal(2, (await ResultAsync(second, id)).Collected!.Rankings);
            return;
        }
        // It goes on waiting, and the answers end it as ever.
        Assert.Equal(RunState.Waiting, (await second.WaitingAsync(id)).State);
        await Labelers.AnswerAsync(second.Labeling(), project);
        Assert.Equal("every task has all its answers", (await ResultAsync(second, id)).Ended);
    }

    [Fact]
    public async Task A_time_that_is_over_without_any_answer_ends_the_pipeline_with_the_reason()
    {
        await using var hub = await TestHub.StartAsync(Home, command: null);
        var end = await hub.EndOfAsync(await hub.StartPipelineAsync(Stage(new() { Date = "2026-01-01" }, overlap: 1)));
        Assert.Equal(RunState.Failed, end.State);
        Assert.StartsWith("label: no rankings for question 'ranking'", end.Reason, StringComparison.Ordinal);
    }

    private async Task<(Guid Id, Guid Project)> WaitAsync(TestHub hub, LabelUntilOptions until, int overlap = 1)
    {
        var id = await hub.StartPipelineAsync(Stage(until, overlap));
        var status = await hub.WaitingAsync(id);
        Assert.True(status.State == RunState.Waiting, status.Reason);
        return (id, status.Project());
    }

    /// <summary>Everybody who asks hears the same: the hub when it ends the wait, then the stage.</summary>
    private static async Task AssertEndsAsync(TestHub hub, Guid project, LabelUntilOptions until)
    {
        var rules = hub.Services.GetRequiredService<StoppingRules>();
        for (int again = 0; again < 2; again++)
            Assert.NotNull(await rules.EndedByAsync(project, until, Cancellation));
    }

    private PipelineStage Stage(LabelUntilOptions until, int overlap) => new(RunKinds.Label, new LabelOptions
    {
        Candidates = _place["candidates.jsonl"],
        Overlap = overlap,
        Until = until,
    });

    private async Task<LabelResult> ResultAsync(TestHub hub, Guid id)
    {
        var end = await hub.EndOfAsync(id);
        Assert.True(end.State == RunState.Succeeded, end.Reason);
        var run = end.Runs[0].Id;
        return new RunFolder(Home.RunFolder(run)).Attempt(Labelers.Attempts(Home, run)).ReadResult<LabelResult>();
    }

    private Task<TestHub> StartAsync(TimeProvider clock) =>
        TestHub.StartAsync(Home, command: null, configure: services => services.AddSingleton(clock));
}

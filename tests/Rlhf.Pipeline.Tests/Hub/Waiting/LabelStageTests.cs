using Microsoft.EntityFrameworkCore;
using Rlhf.Core;
using Rlhf.Core.Options;
using Rlhf.Definitions.Pipelines;
using Rlhf.Definitions.Templates;
using Rlhf.Pipeline.Files;
using Rlhf.Pipeline.Hub;
using Rlhf.Pipeline.Hub.Work;
using Rlhf.Pipeline.Runs;
using Rlhf.Pipeline.Tests.Runs;
using Rlhf.Storage;
using Rlhf.Storage.Entities;
using Rlhf.Storage.Labeling;
using Rlhf.Testing;

namespace Rlhf.Pipeline.Tests.Hub.Waiting;

/// <summary>A pipeline with people in it: it waits without lease or process, and goes on with the answer that completes it.</summary>
public sealed class LabelStageTests : IDisposable
{
    private const string Succeed = "echo '{\"steps\":1}' > \"$out/result.pending.json\"";

    private readonly TemporaryFolder _place = new();

    public LabelStageTests() => Labelers.WriteCandidates(_place["candidates.jsonl"], 8);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private Home Home => Storage.Home.Open(_place["home"]);

    public void Dispose() => _place.Dispose();

    [Fact]
    public async Task It_waits_without_lease_or_process_and_the_last_answer_moves_it_on()
    {
        await using var hub = await StartAsync();
        var id = await hub.StartPipelineAsync(Label(new() { Overlap = 2 }), Text());
        var waiting = await hub.WaitingAsync(id);

        Assert.Equal((RunState.Waiting, RunState.Waiting), (waiting.State, waiting.Runs[0].State));
        Assert.Equal("waits for people to rank the candidates", waiting.Runs[0].Reason);
        var labeling = waiting.Runs[0].Labeling!;
        Assert.Equal(("test", 8, 0, 0, 16), (labeling.Project, labeling.Tasks, labeling.Complete, labeling.Annotations, labeling.Wanted));
        var row = await hub.RunAsync(waiting.Runs[0].Id);
        Assert.Equal((null, null), (row.LeaseId, row.LeaseExpires));

        Assert.Equal(8, await Labelers.AnswerAsync(hub.Labeling(), waiting.Project()));
        Assert.Equal(7, await Labelers.AnswerAsync(hub.Labeling(), waiting.Project(), most: 7));
        Assert.Equal((RunState.Waiting, 15), await hub.Runs.GetAsync(id, Cancellation) is var still
            ? (still.State, still.Runs[0].Labeling!.Annotations) : default);
        Assert.Equal(1, await Labelers.AnswerAsync(hub.Labeling(), waiting.Project(), most: 1));
        var end = await hub.EndOfAsync(id);

        Assert.True(end.State == RunState.Succeeded, end.Reason);
        Assert.Equal([RunState.Succeeded, RunState.Succeeded], end.Runs.Select(r => r.State));
        var result = Attempt(end.Runs[0].Id).ReadResult<LabelResult>();
        Assert.Equal((waiting.Project(), 8, "every task has all its answers"), (result.Project, result.Tasks, result.Ended));
        Assert.Equal((16, 3, false), (result.Collected!.Rankings, result.Collected.Annotators, result.Collected.Simulated));
        var lines = RunJson.ReadLines<RankingLine>(Attempt(end.Runs[0].Id).RankingsFile).ToList();
        Assert.Equal(16, lines.Count);
        Assert.All(lines, line => Assert.Equal([1, 2, 3], line.Ranks));
        Assert.Equal(result.Collected.DatasetId, (await hub.RunAsync(end.Runs[0].Id)).DatasetVersionId);
    }

    [Fact]
    public async Task A_hub_that_is_started_again_goes_on_waiting_and_computes_nothing_twice()
    {
        Guid id, project;
        await using (var first = await StartAsync())
        {
            id = await first.StartPipelineAsync(Text(), Label(), Text());
            project = (await first.WaitingAsync(id)).Project();
            await Labelers.AnswerAsync(first.Labeling(), project, most: 3);
        }
        await using var second = await StartAsync();
        var waiting = await second.WaitingAsync(id);
        Assert.Equal((RunState.Waiting, project, 3), (waiting.State, waiting.Project(), waiting.Runs[^1].Labeling!.Annotations));
        await Labelers.AnswerAsync(second.Labeling(), project);
        var end = await second.EndOfAsync(id);

        Assert.True(end.State == RunState.Succeeded, end.Reason);
        Assert.Equal([1, 1, 1], end.Runs.Select(r => r.Attempt));
        await using var db = second.Database.OpenReadContext();
        Assert.Equal(1, await db.Projects.CountAsync(Cancellation));
        Assert.Equal(8, await db.Tasks.CountAsync(Cancellation));
    }

    [Fact]
    public async Task What_was_answered_while_there_was_no_hub_is_noticed_when_one_starts()
    {
        Guid id, project;
        await using (var first = await StartAsync())
        {
            id = await first.StartPipelineAsync(Label(), Text());
            project = (await first.WaitingAsync(id)).Project();
        }
        Assert.Equal(8, await Labelers.AnswerWithoutHubAsync(Home, project));
        await using var second = await StartAsync();
        var end = await second.EndOfAsync(id);
        Assert.True(end.State == RunState.Succeeded, end.Reason);
    }

    [Fact]
    public async Task What_another_process_writes_beside_the_hub_is_noticed_without_being_told()
    {
        await using var hub = await TestHub.StartAsync(Home, ShellChild.Script(_place, Succeed), new HubSettings(WaitSeconds: 0.05));
        var id = await hub.StartPipelineAsync(Label(), Text());
        var project = (await hub.WaitingAsync(id)).Project();
        Assert.Equal(8, await Labelers.AnswerWithoutHubAsync(Home, project));
        var end = await hub.EndOfAsync(id).WaitAsync(TimeSpan.FromSeconds(60), Cancellation);
        Assert.True(end.State == RunState.Succeeded, end.Reason);
    }

    [Fact]
    public async Task Candidates_that_are_gone_by_then_are_not_needed_again()
    {
        await using var hub = await StartAsync();
        var id = await hub.StartPipelineAsync(Label());
        var project = (await hub.WaitingAsync(id)).Project();
        // What the erasure of a prompt does to the file.
        File.Delete(_place["candidates.jsonl"]);
        await Labelers.AnswerAsync(hub.Labeling(), project);
        var end = await hub.EndOfAsync(id);
        Assert.True(end.State == RunState.Succeeded, end.Reason);
        await using var db = hub.Database.OpenReadContext();
        Assert.Equal(8, await db.Tasks.CountAsync(Cancellation));
    }

    [Fact]
    public async Task Lowering_the_overlap_completes_it_and_raising_it_lets_it_wait_on()
    {
        await using var hub = await StartAsync();
        var id = await hub.StartPipelineAsync(Label(new() { Overlap = 3 }));
        var project = (await hub.WaitingAsync(id)).Project();
        await Labelers.AnswerAsync(hub.Labeling(), project);
        await hub.Labeling().SetOverlapAsync(project, 4, Cancellation);
        Assert.Equal(RunState.Waiting, (await hub.Runs.GetAsync(id, Cancellation)).State);
        await hub.Labeling().SetOverlapAsync(project, 1, Cancellation);
        Assert.Equal(RunState.Succeeded, (await hub.EndOfAsync(id)).State);
    }

    [Fact]
    public async Task Cancelled_while_it_waits_it_can_be_resumed_and_waits_for_the_same_project()
    {
        await using var hub = await StartAsync();
        var id = await hub.StartPipelineAsync(Label(), Text());
        var project = (await hub.WaitingAsync(id)).Project();
        var labeling = hub.Labeling();
        await Labelers.AnswerAsync(labeling, project, most: 2);
        var person = await labeling.CreateAnnotatorAsync(simulated: false, cancellation: Cancellation);
        var held = (await labeling.LeaseNextAsync(person, project, cancellation: Cancellation))!;
        Assert.True(await hub.Runs.CancelAsync(id, "not wanted", Cancellation));
        var cancelled = await hub.Runs.GetAsync(id, Cancellation);
        Assert.Equal((RunState.Cancelled, RunState.Cancelled, "not wanted"),
            (cancelled.State, cancelled.Runs[0].State, cancelled.Runs[0].Reason));

        // Nobody gets a task any longer, and they read why. What somebody has in hand is kept, and moves nothing.
        var outcome = await labeling.LeaseAsync(person, project, 3, cancellation: Cancellation);
        Assert.Equal((held.AssignmentId, WaitReason.Closed), (Assert.Single(outcome.Tasks).AssignmentId, outcome.Waiting!.Reason));
        await labeling.SubmitAsync(
            person, held.AssignmentId, Answers.OfRanking(Answer.FromRanks([1, 2, 3])), cancellation: Cancellation);
        var refusal = await Assert.ThrowsAsync<UserError>(() => labeling.LeaseNextAsync(person, project, cancellation: Cancellation));
        Assert.Equal(("this project is closed: its pipeline run has ended: not wanted", ErrorKind.Forbidden),
            (refusal.Message, refusal.Kind));
        Assert.Equal(RunState.Cancelled, (await hub.Runs.GetAsync(id, Cancellation)).State);

        Assert.True(await hub.Runs.ResumeAsync(id, Cancellation));
        Assert.Equal(5, await Labelers.AnswerAsync(labeling, project));
        var end = await hub.EndOfAsync(id);
        Assert.True(end.State == RunState.Succeeded, end.Reason);
        Assert.Equal(project, Attempt(end.Runs[0].Id).ReadResult<LabelResult>().Project);
    }

    [Fact]
    public async Task Nobody_waits_for_a_project_that_is_opened_with_wait_false()
    {
        await using var hub = await StartAsync();
        var end = await hub.EndOfAsync(await hub.StartPipelineAsync(Label(new() { Wait = false, Tasks = 4, Name = "try it" })));
        Assert.True(end.State == RunState.Succeeded, end.Reason);
        var labeling = end.Runs[0].Labeling!;
        Assert.Equal(("try it", 4, 4), (labeling.Project, labeling.Tasks, labeling.Wanted));
        var result = Attempt(end.Runs[0].Id).ReadResult<LabelResult>();
        Assert.Equal((labeling.ProjectId, 4, null, null), (result.Project, result.Tasks, result.Ended, result.Collected));
        Assert.Equal(4, await Labelers.AnswerAsync(hub.Labeling(), labeling.ProjectId));
    }

    [Fact]
    public async Task The_options_reach_the_project()
    {
        await using var hub = await StartAsync();
        Labelers.WriteCandidates(_place["pairs.jsonl"], 4, completions: 2);
        var id = await hub.StartPipelineAsync(Label(new()
        {
            Candidates = _place["pairs.jsonl"],
            Name = "which is kinder",
            Question = LabelQuestion.Pairwise,
            Text = "Which is kinder?",
            StrengthLevels = 3,
            Guidelines = "Be **kind**.",
            Overlap = 5,
            Access = LabelAccess.Members,
            LeaseMinutes = 7,
            Round = 2,
        }));
        var project = (await hub.WaitingAsync(id)).Project();
        await using var db = hub.Database.OpenReadContext();
        var row = await db.Projects.Include(p => p.Versions).SingleAsync(p => p.Id == project, Cancellation);
        Assert.Equal(("which is kinder, round 2", 5, RunIds.ForStage(id, 0)), (row.Name, row.Overlap, row.RunId));
        Assert.Equal((ProjectAccess.Members, 7), (row.Settings.Access, row.Settings.LeaseMinutes));
        var version = Assert.Single(row.Versions);
        var question = Assert.Single(version.Questions);
        Assert.Equal((Question.Ranking, QuestionKind.Pairwise, "Which is kinder?", 3), (question.Key, question.Kind, question.Text,
            question.MaxStrength));
        Assert.Equal("Be **kind**.", version.Guidelines);
    }

    [Theory]
    [InlineData(1, "", 3, "Be **fair**.")]
    [InlineData(2, "Be **kind**.", 2, "Be **kind**.")]
    public async Task A_template_says_what_is_asked_and_the_stage_may_say_more(int overlap, string guidelines, int wanted, string shown)
    {
        await using var hub = await StartAsync();
        File.WriteAllText(_place["own.yaml"], """
            guidelines: Be **fair**.
            k: 3
            overlap: 3
            questions:
              - { key: ranking, kind: ranking, text: Which is fairer?, rankAll: true }
              - { key: why, kind: text, text: Why? }
            """);
        var options = (LabelOptions)LabelTemplates.Fill(
            new LabelOptions { Template = _place["own.yaml"], Overlap = overlap, Guidelines = guidelines, LeaseMinutes = 7 });
        // It was read when the pipeline was: what becomes of the file changes nothing.
        File.Delete(_place["own.yaml"]);
        var project = (await hub.WaitingAsync(await hub.StartPipelineAsync(Label(options)))).Project();
        await using var db = hub.Database.OpenReadContext();
        var row = await db.Projects.Include(p => p.Versions).SingleAsync(p => p.Id == project, Cancellation);
        Assert.Equal((wanted, 3, 7), (row.Overlap, row.Settings.Completions, row.Settings.LeaseMinutes));
        var version = Assert.Single(row.Versions);
        Assert.Equal(shown, version.Guidelines);
        Assert.Equal([("ranking", QuestionKind.Ranking, "Which is fairer?", true), ("why", QuestionKind.Text, "Why?", false)],
            version.Questions.Select(q => (q.Key, q.Kind, q.Text, q.RankAll)));
    }

    [Fact]
    public async Task A_template_for_two_completions_refuses_three()
    {
        await using var hub = await StartAsync();
        var options = (LabelOptions)LabelTemplates.Fill(new LabelOptions { Template = "arena" });
        var end = await hub.EndOfAsync(await hub.StartPipelineAsync(Label(options)));
        Assert.Equal(
            "label: template: arena needs two completions per prompt; the candidates have 3 (candidates.perPrompt)", end.Reason);
    }

    [Fact]
    public async Task A_pairwise_question_about_three_completions_is_refused()
    {
        await using var hub = await StartAsync();
        var end = await hub.EndOfAsync(await hub.StartPipelineAsync(Label(new() { Question = LabelQuestion.Pairwise })));
        Assert.Equal(
            "label: question: pairwise needs two completions per prompt; the candidates have 3 (candidates.perPrompt)", end.Reason);
    }

    [Fact]
    public async Task Two_pipelines_of_one_name_open_two_projects()
    {
        await using var hub = await StartAsync();
        var first = await hub.WaitingAsync(await hub.StartPipelineAsync(Label()));
        var second = await hub.WaitingAsync(await hub.StartPipelineAsync(Label()));
        Assert.Equal(["test", "test (2)"], new[] { first, second }.Select(status => status.Runs[0].Labeling!.Project));
    }

    [Theory]
    [InlineData(true, 10)]
    [InlineData(false, 2)]
    public async Task A_later_round_has_the_rankings_of_the_earlier_ones_unless_it_is_told_otherwise(bool earlierRounds, int rankings)
    {
        Labelers.WriteCandidates(_place["more.jsonl"], 2, completions: 2);
        await using var hub = await StartAsync();
        var id = await hub.StartPipelineAsync(
            Label(), Label(new() { Candidates = _place["more.jsonl"], EarlierRounds = earlierRounds, Round = 2 }));
        await Labelers.AnswerAsync(hub.Labeling(), (await hub.WaitingAsync(id)).Project());
        var second = await WaitLimit.UntilAsync(
            "the second round", _ => hub.WaitingAsync(id), status => status.Runs is [_, { State: RunState.Waiting }]);
        await Labelers.AnswerAsync(hub.Labeling(), second.Project());
        var end = await hub.EndOfAsync(id);
        Assert.True(end.State == RunState.Succeeded, end.Reason);
        Assert.Equal(rankings, Attempt(end.Runs[1].Id).ReadResult<LabelResult>().Collected!.Rankings);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Rankings_of_a_project_are_taken_as_they_are_by_now(bool byName)
    {
        await using var hub = await StartAsync();
        var opened = await hub.EndOfAsync(await hub.StartPipelineAsync(Label(new() { Wait = false, Name = "kinder" })));
        var project = opened.Runs[0].Labeling!.ProjectId;
        await Labelers.AnswerAsync(hub.Labeling(), project, most: 5);
        var collect = new PipelineStage(
            RunKinds.Collect, new CollectOptions { Project = byName ? "kinder" : project.ToString(), HeldOut = 0 });
        var end = await hub.EndOfAsync(await hub.StartPipelineAsync(collect));
        Assert.True(end.State == RunState.Succeeded, end.Reason);
        var result = Attempt(end.Runs[0].Id).ReadResult<CollectResult>();
        Assert.Equal((5, 0, 1, false), (result.Rankings, result.HeldOut, result.Annotators, result.Simulated));

        await Labelers.AnswerAsync(hub.Labeling(), project, most: 1);
        var later = await hub.EndOfAsync(await hub.StartPipelineAsync(collect));
        Assert.Equal(6, Attempt(later.Runs[0].Id).ReadResult<CollectResult>().Rankings);
        var none = await hub.EndOfAsync(await hub.StartPipelineAsync(
            collect with { Options = new CollectOptions { Project = "kindest" } }));
        Assert.Equal("collect: project: no labeling project has the name or id 'kindest'", none.Reason);
    }

    private Task<TestHub> StartAsync() => TestHub.StartAsync(Home, ShellChild.Script(_place, Succeed));

    private PipelineStage Label(LabelOptions? options = null)
    {
        options ??= new LabelOptions();
        return new PipelineStage(RunKinds.Label,
            options.Candidates.Length > 0 ? options : options with { Candidates = _place["candidates.jsonl"] });
    }

    private PipelineStage Text() => TestHub.TextStage(_place);

    private AttemptFolder Attempt(Guid run) => new RunFolder(Home.RunFolder(run)).Attempt(Labelers.Attempts(Home, run));
}

using System.Text.RegularExpressions;
using Microsoft.EntityFrameworkCore;
using Rlhf.Core;
using Rlhf.Core.Options;
using Rlhf.Definitions.Pipelines;
using Rlhf.Pipeline.Hub.Waiting;
using Rlhf.Pipeline.Hub.Work;
using Rlhf.Pipeline.Runs;
using Rlhf.Pipeline.Tests.Hub;
using Rlhf.Pipeline.Tests.Hub.Waiting;
using Rlhf.Storage;
using Rlhf.Storage.Entities;
using Rlhf.Storage.Runs;

namespace Rlhf.Pipeline.Tests.Stages.Options;

/// <summary>Runs the stages that are the hub's own work. People answer the label stage: two of them, who do not always agree.</summary>
internal sealed partial class OptionHub : IAsyncDisposable
{
    private readonly Home _home;
    private readonly TestHub _hub;

    private OptionHub(Home home, TestHub hub) => (_home, _hub) = (home, hub);

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    /// <param name="home">The home folder.</param>
    /// <param name="tasks">Candidates of a project named "opened", which has five rankings.</param>
    public static async Task<OptionHub> StartAsync(string home, string tasks)
    {
        var hub = new OptionHub(Home.Open(home), await TestHub.StartAsync(Home.Open(home), command: null));
        var opened = await hub.EndAsync(RunKinds.Label, new LabelOptions { Candidates = tasks, Name = "opened", Wait = false });
        await Labelers.AnswerAsync(hub._hub.Labeling(), opened.Project(), most: 5);
        return hub;
    }

    public async Task<OptionOutcome> RunAsync(string kind, StageOptions options)
    {
        if (options is LabelOptions label)
            return await LabelAsync(label);
        var end = await EndAsync(kind, options);
        if (end.State != RunState.Succeeded)
            return new OptionOutcome("", "", end.Reason);
        var result = Attempt(end).ReadResult<CollectResult>();
        return new OptionOutcome(Made(end), $"{result.Rankings} {result.HeldOut} {result.Annotators} {result.Lines} {result.BadLines}");
    }

    public ValueTask DisposeAsync() => _hub.DisposeAsync();

    private async Task<OptionOutcome> LabelAsync(LabelOptions options)
    {
        var id = await _hub.StartPipelineAsync(new PipelineStage(RunKinds.Label, options));
        var status = await _hub.WaitingAsync(id);
        var project = status.Project();
        string told = await SettingsAsync(project);
        if (status.State == RunState.Waiting)
            told += await AnswerAsync(status, project);
        var end = await _hub.EndOfAsync(id);
        // A project may be closed before anybody has answered: then there is nothing to train on.
        return new OptionOutcome(end.State == RunState.Succeeded ? Made(end) : "", $"{told}\n{end.State} {end.Reason}");
    }

    /// <summary>The first answers every task, the second all but one; the last answer comes where no rule holds before it.</summary>
    private async Task<string> AnswerAsync(PipelineStatus status, Guid project)
    {
        try
        {
            await Labelers.AnswerAsync(_hub.Labeling(), project);
            await Labelers.AnswerAsync(_hub.Labeling(), project, most: 7, opinion: i => i % 4 != 0);
            // By rules of its own: those of the hub measure the agreement when they hear of an answer.
            string? ended = await new StoppingRules(_hub.Database, _hub.Labeling(), TimeProvider.System)
                .EndedByAsync(project, new RunFolder(_home.RunFolder(status.Runs[0].Id)).Options<LabelOptions>().Until, Stop);
            if (ended is null)
                await Labelers.AnswerAsync(_hub.Labeling(), project);
            return $"\n{ended}";
        }
        catch (UserError e)
        {
            await _hub.Runs.CancelAsync(status.Id, "nobody may answer", Stop);
            return $"\n{e.Message}";
        }
    }

    private async Task<string> SettingsAsync(Guid project)
    {
        await using var db = _hub.Database.OpenReadContext();
        var row = await db.Projects.Include(p => p.Versions).SingleAsync(p => p.Id == project, Stop);
        var version = Assert.Single(row.Versions);
        var question = Assert.Single(version.Questions);
        int tasks = await db.Tasks.CountAsync(t => t.ProjectId == project, Stop);
        return string.Join('\n', Number().Replace(row.Name, ""), row.Overlap, row.Settings.Access, row.Settings.LeaseMinutes,
            question.Kind, question.Text, question.MaxStrength, version.Guidelines, tasks);
    }

    private async Task<PipelineStatus> EndAsync(string kind, StageOptions options) =>
        await _hub.EndOfAsync(await _hub.StartPipelineAsync(new PipelineStage(kind, options)));

    /// <summary>The rankings; nothing where the stage made none.</summary>
    private string Made(PipelineStatus end) =>
        File.Exists(Attempt(end).RankingsFile) ? OptionScenario.Hash(Attempt(end).RankingsFile) : "";

    private AttemptFolder Attempt(PipelineStatus end) =>
        new RunFolder(_home.RunFolder(end.Runs[0].Id)).Attempt(Labelers.Attempts(_home, end.Runs[0].Id));

    /// <summary>What the name of a project gets where another one has it already.</summary>
    [GeneratedRegex(@" \(\d+\)$")]
    private static partial Regex Number();
}

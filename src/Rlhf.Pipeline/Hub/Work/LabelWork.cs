using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using Rlhf.Core;
using Rlhf.Core.Options;
using Rlhf.Definitions.Templates;
using Rlhf.Pipeline.Files;
using Rlhf.Pipeline.Hub.Waiting;
using Rlhf.Pipeline.Runs;
using Rlhf.Pipeline.Stages;
using Rlhf.Storage;
using Rlhf.Storage.Datasets;
using Rlhf.Storage.Entities;
using Rlhf.Storage.Labeling;

namespace Rlhf.Pipeline.Hub.Work;

/// <summary>What the label stage says: first of the project that it has opened, at its end of the rankings too.</summary>
/// <param name="Project">The labeling project.</param>
/// <param name="Tasks">How many tasks it was opened with.</param>
/// <param name="Ended">Which stopping rule has ended the wait; null while there is none.</param>
/// <param name="Collected">The dataset version; null before the end, and where the stage does not wait.</param>
public sealed record LabelResult(Guid Project, int Tasks, string? Ended = null, CollectResult? Collected = null);

/// <summary>
/// The hub's own work: opens a labeling project with the candidates and, once a stopping rule holds, fixes a dataset version of what
/// people have answered. In between the run waits; <see cref="WaitingRuns"/> moves it on.
/// </summary>
public sealed class LabelWork(
    RlhfDatabase database, RunProjects projects, CandidateTasks candidateTasks, StoppingRules rules, DatasetFiles datasets) : IHubWork
{
    public async Task<object> RunAsync(AttemptFolder folder, StageOptions options, Action<long, long> progress, CancellationToken stop)
    {
        var label = (LabelOptions)options;
        var opened = await OpenedAsync(folder.Run.Id, stop) ?? await OpenAsync(folder, label, stop);
        if (!label.Wait)
            return opened;
        return await rules.EndedByAsync(opened.Project, label.Until, stop) is { } ended
            ? opened with { Ended = ended, Collected = await CollectAsync(folder, opened.Project, label, stop) }
            : new WaitForPeople("waits for people to rank the candidates", opened);
    }

    /// <summary>
    /// What an earlier attempt has opened with all of its tasks. They are not entered again: some may have been erased since, from the
    /// file of candidates too.
    /// </summary>
    private async Task<LabelResult?> OpenedAsync(Guid run, CancellationToken stop)
    {
        await using var db = database.OpenReadContext();
        string? soFar = await db.Runs.Where(r => r.Id == run).Select(r => r.Result).SingleOrDefaultAsync(stop);
        return soFar is null ? null : JsonSerializer.Deserialize<LabelResult>(soFar, RunJson.Compact);
    }

    private async Task<LabelResult> OpenAsync(AttemptFolder folder, LabelOptions options, CancellationToken stop)
    {
        InputHash.Verify(folder.Run);
        string file = folder.Run.Input(InputNames.Candidates);
        var candidates = CandidateOrder.Mix([.. RunJson.ReadLines<CandidateLine>(file)], options.Tasks);
        var wanted = ToProject(options, await PipelineNameAsync(folder.Run.Id, stop));
        CheckCompletions(options, wanted, candidates);
        var project = await projects.OpenAsync(folder.Run.Id, wanted, stop);
        return new LabelResult(project, await candidateTasks.AddAsync(project, file, candidates, goldReward: null, stop));
    }

    private async Task<CollectResult> CollectAsync(AttemptFolder folder, Guid project, LabelOptions options, CancellationToken stop)
    {
        IReadOnlyList<Guid> earlier = options.EarlierRounds ? await projects.OfEarlierRunsAsync(folder.Run.Id, stop) : [];
        var request = new DatasetRequest
        {
            Projects = [.. earlier, project],
            HeldOut = options.HeldOut,
            Aggregation = options.Aggregation,
        };
        var (info, made) = await datasets.CreateAsync(folder, request, goldReward: null, stop);
        return new CollectResult(made.Lines, made.HeldOut, await ProjectRankings.AnnotatorsAsync(database, project, stop),
            Simulated: info.SimulatedAnnotations > 0, null, info.Name, info.Id,
            UnusedWeights: DatasetFiles.UnusedWeights(folder), RankingsSha256: made.Sha256);
    }

    /// <summary>Before anything is opened: how many completions the questions are about.</summary>
    private static void CheckCompletions(LabelOptions options, RunProject wanted, IReadOnlyList<CandidateLine> candidates)
    {
        bool pairwise = wanted.Questions.Any(question => question.Kind == QuestionKind.Pairwise);
        if ((pairwise ? 2 : wanted.Settings.Completions) is not { } count
            || candidates.FirstOrDefault(line => line.Completions.Count != count) is not { } other)
            return;
        string what = options.Template.Length > 0 ? $"template: {options.Template}" : "question: pairwise";
        throw new UserError($"{what} needs {(count == 2 ? "two" : $"{count}")} completions per prompt; the candidates have "
            + $"{other.Completions.Count} (candidates.perPrompt)");
    }

    private static RunProject ToProject(LabelOptions options, string pipeline)
    {
        string name = options.Name.Length > 0 ? options.Name : pipeline;
        if (options.Round > 1)
            name = $"{name}, round {options.Round}";
        var settings = new ProjectSettings
        {
            Access = options.Access == LabelAccess.Members ? ProjectAccess.Members : ProjectAccess.Open,
            LeaseMinutes = options.LeaseMinutes,
        };
        if (LabelTemplates.Read(options) is { } template)
        {
            // What the stage itself says comes first; 1 and nothing are what it says where it names neither.
            return new RunProject(
                name, options.Overlap > 1 ? options.Overlap : template.Overlap, TemplateQuestions.Create(template.Questions))
            {
                Guidelines = options.Guidelines.Length > 0 ? options.Guidelines : template.Guidelines,
                Settings = TemplateSettings.Apply(template, settings),
            };
        }
        var question = Question.DefaultRanking with
        {
            Kind = options.Question == LabelQuestion.Pairwise ? QuestionKind.Pairwise : QuestionKind.Ranking,
            Text = options.Text,
            MaxStrength = options.StrengthLevels,
        };
        return new RunProject(name, options.Overlap, [question]) { Guidelines = options.Guidelines, Settings = settings };
    }

    private async Task<string> PipelineNameAsync(Guid run, CancellationToken stop)
    {
        await using var db = database.OpenReadContext();
        return await db.PipelineRuns.Where(p => db.Runs.Any(r => r.Id == run && r.PipelineRunId == p.Id)).Select(p => p.Name)
            .SingleOrDefaultAsync(stop) ?? RunKinds.Label;
    }
}

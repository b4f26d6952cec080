using Microsoft.EntityFrameworkCore;
using Rlhf.Core;
using Rlhf.Core.Options;
using Rlhf.Pipeline.Files;
using Rlhf.Pipeline.Runs;
using Rlhf.Pipeline.Stages;
using Rlhf.Simulation.Annotators;
using Rlhf.Storage;
using Rlhf.Storage.Datasets;
using Rlhf.Storage.Entities;
using Rlhf.Storage.Import;
using Rlhf.Storage.Labeling;

namespace Rlhf.Pipeline.Hub.Work;

/// <summary>What the collect stage says at its end.</summary>
/// <param name="Rankings">Lines of rankings.jsonl.</param>
/// <param name="Lines">Lines of the imported files; null where candidates were ranked.</param>
/// <param name="Known">How many of them had been imported before.</param>
/// <param name="BadLines">Lines of imported files that were left out.</param>
/// <param name="FirstBadLine">The first of them: file, line and reason.</param>
/// <param name="UnusedWeights">Prompts of the file of weights that no ranking has.</param>
/// <param name="RankingsSha256">
/// Of rankings.jsonl: a run that trains on a copy of the file is known to train on this dataset version.
/// </param>
public sealed record CollectResult(
    int Rankings, int HeldOut, int Annotators, bool Simulated, double? ErrorRate, string Dataset, Guid DatasetId,
    int? Lines = null, int Known = 0, int BadLines = 0, string? FirstBadLine = null, int UnusedWeights = 0,
    string? RankingsSha256 = null);

/// <summary>
/// The hub's own work: candidates become labeling tasks, annotators lease them and submit rankings under the same rules as people; or
/// preferences are imported. A dataset version is fixed and written out for the run that trains on it.
/// </summary>
public sealed class CollectWork(
    RlhfDatabase database, LabelingService labeling, JudgmentImport import, DatasetFiles datasets, CandidateTasks candidateTasks) : IHubWork
{
    /// <summary>Steps in one transaction: other writers wait meanwhile.</summary>
    private const int StepsTogether = 20;

    async Task<object> IHubWork.RunAsync(AttemptFolder folder, StageOptions options, Action<long, long> progress, CancellationToken stop) =>
        await RunAsync(folder, (CollectOptions)options, progress, stop);

    public Task<CollectResult> RunAsync(AttemptFolder folder, CollectOptions options, Action<long, long> progress, CancellationToken stop)
    {
        InputHash.Verify(folder.Run);
        return options.Project.Length > 0 ? TakeAsync(folder, options, stop)
            : options.Data.Length > 0 ? ImportAsync(folder, options, stop)
            : RankAsync(folder, options, progress, stop);
    }

    private async Task<CollectResult> TakeAsync(AttemptFolder folder, CollectOptions options, CancellationToken stop)
    {
        var (project, question) = await ProjectRankings.FindAsync(database, options.Project, stop);
        var (info, made) = await datasets.CreateAsync(
            folder, Request(project, options) with { Question = question }, goldReward: null, stop);
        return new CollectResult(made.Lines, made.HeldOut, await ProjectRankings.AnnotatorsAsync(database, project, stop),
            Simulated: info.SimulatedAnnotations > 0, null, info.Name, info.Id,
            UnusedWeights: DatasetFiles.UnusedWeights(folder), RankingsSha256: made.Sha256);
    }

    private async Task<CollectResult> ImportAsync(AttemptFolder folder, CollectOptions options, CancellationToken stop)
    {
        var imported = await import.ImportAsync(options.Data, options.MaxBadShare, stop);
        var (info, made) = await datasets.CreateAsync(folder, Request(imported.Project, options), goldReward: null, stop);
        var survey = imported.Survey;
        return new CollectResult(made.Lines, made.HeldOut, 1, Simulated: info.SimulatedAnnotations > 0, null, info.Name, info.Id,
            survey.Lines, imported.Known, survey.BadLineCount, survey.BadLines.Count > 0 ? survey.BadLines[0].ToString() : null,
            DatasetFiles.UnusedWeights(folder), made.Sha256);
    }

    private async Task<CollectResult> RankAsync(
        AttemptFolder folder, CollectOptions options, Action<long, long> progress, CancellationToken stop)
    {
        if (options.Overlap > options.Annotators.Count)
            throw new UserError("overlap must be at most the number of annotators; "
                + $"got {options.Overlap} with annotators.count: {options.Annotators.Count}");
        var manifest = folder.Run.Read();
        var candidates = RunJson.ReadLines<CandidateLine>(folder.Run.Input(InputNames.Candidates)).ToList();

        // 1. A project with a task for each prompt.
        var question = Question.DefaultRanking with { MaxStrength = options.Annotators.StrengthLevels };
        var project = await labeling.CreateProjectAsync($"collect {manifest.Id}", options.Overlap, [question], cancellation: stop);
        int tasks = await candidateTasks.AddAsync(
            project, folder.Run.Input(InputNames.Candidates), candidates, options.Annotators.GoldReward, stop);

        // 2. Everyone ranks. A judgment's draws are named by the place of its candidates in the file, not by any id.
        var annotators = await AnnotatorsAsync(manifest, options, stop);
        var places = new Dictionary<string, uint>(StringComparer.Ordinal);
        foreach (var candidate in candidates)
            places.TryAdd(Key(candidate.Prompt, candidate.Completions.Select(c => c.Text)), (uint)places.Count);
        await RankAllAsync(project, annotators, places, (long)tasks * options.Overlap, progress, stop);

        // 3. A dataset version, written out with token ids and, on held-out prompts, gold scores.
        var (info, made) = await datasets.CreateAsync(folder, Request(project, options), options.Annotators.GoldReward, stop);
        return new CollectResult(made.Lines, made.HeldOut, annotators.Count, Simulated: true,
            options.Annotators.ShuffleLabels ? null : options.Annotators.ErrorRate, info.Name, info.Id,
            UnusedWeights: DatasetFiles.UnusedWeights(folder), RankingsSha256: made.Sha256);
    }

    private static DatasetRequest Request(Guid project, CollectOptions options) =>
        new() { Projects = [project], HeldOut = options.HeldOut, Aggregation = options.Aggregation };

    private static string Key(string prompt, IEnumerable<string> completions) => string.Join('\0', completions.Prepend(prompt));

    private async Task<IReadOnlyList<Ranker>> AnnotatorsAsync(RunManifest manifest, CollectOptions options, CancellationToken stop)
    {
        var rankers = new List<Ranker>();
        for (int i = 0; i < options.Annotators.Count; i++)
        {
            var annotator = new SimulatedAnnotator(options.Annotators, options.Seed, i);
            string description = $"simulated annotator {i + 1}, gold reward {options.Annotators.GoldReward}, "
                + $"error rate {annotator.ErrorRate:0.###}, run {manifest.Id}";
            // The same ids when the run is taken up again.
            var id = RunIds.ForStage(manifest.Id, i);
            rankers.Add(new Ranker(await labeling.CreateAnnotatorAsync(simulated: true, description, id, stop), annotator));
        }
        return rankers;
    }

    /// <summary>Annotators take turns; a turn is a lease and a submission.</summary>
    private async Task RankAllAsync(
        Guid project, IReadOnlyList<Ranker> annotators, Dictionary<string, uint> places, long wanted, Action<long, long> progress,
        CancellationToken stop)
    {
        // A run that is taken up again goes on with whose turn it was, so that everyone ranks what they would have ranked.
        var (done, last) = await SubmittedAsync(project, stop);
        int next = annotators.ToList().FindIndex(a => a.Id == last) + 1;
        List<Ranker> busy = [.. annotators.Skip(next), .. annotators.Take(next)];
        int turn = 0;
        while (busy.Count > 0)
        {
            done += await labeling.InTransactionAsync(async rules =>
            {
                int submitted = 0;
                for (int step = 0; step < StepsTogether && busy.Count > 0; step++)
                {
                    turn %= busy.Count;
                    if (await rules.LeaseNextAsync(busy[turn].Id, project) is not { } task)
                    {
                        busy.RemoveAt(turn);
                        continue;
                    }
                    var (prompt, completions) = LabelingService.Texts(task);
                    var judgment = busy[turn].Annotator.Judge(prompt, completions, places[Key(prompt, completions)]);
                    await rules.SubmitAsync(
                        busy[turn].Id, task.AssignmentId, Answers.OfRanking(Answer.FromRanks(judgment.Ranks, judgment.Strength)));
                    submitted++;
                    turn++;
                }
                return submitted;
            }, stop);
            progress(done, wanted);
        }
    }

    /// <summary>How many rankings there are, and who gave the newest.</summary>
    private async Task<(long Count, Guid? Last)> SubmittedAsync(Guid project, CancellationToken stop)
    {
        await using var db = database.OpenReadContext();
        long count = await db.Annotations.Where(a => db.Tasks.Any(t => t.Id == a.TaskId && t.ProjectId == project)).LongCountAsync(stop);
        // In the order of insertion: ids of one millisecond are in no order.
        var newest = await db.Annotations
            .FromSql($"""
                SELECT a.* FROM Annotations a JOIN Tasks t ON t.Id = a.TaskId WHERE t.ProjectId = {project}
                ORDER BY a.rowid DESC LIMIT 1
                """)
            .Select(a => (Guid?)a.AnnotatorId).FirstOrDefaultAsync(stop);
        return (count, newest);
    }

    private sealed record Ranker(Guid Id, SimulatedAnnotator Annotator);
}

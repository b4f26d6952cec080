using Rlhf.Core;
using Rlhf.Core.Options;
using Rlhf.Pipeline.Files;
using Rlhf.Pipeline.Runs;
using Rlhf.Pipeline.Stages;
using Rlhf.Simulation.Annotators;
using Rlhf.Storage.Entities;
using Rlhf.Storage.Import;
using Rlhf.Storage.Labeling;

namespace Rlhf.Pipeline.Hub;

/// <summary>What the collect stage says at its end.</summary>
/// <param name="Rankings">Lines of rankings.jsonl.</param>
/// <param name="Lines">Lines of the imported files; null where candidates were ranked.</param>
/// <param name="Known">How many of them had been imported before.</param>
/// <param name="BadLines">Lines of imported files that were left out.</param>
/// <param name="FirstBadLine">The first of them: file, line and reason.</param>
public sealed record CollectResult(
    int Rankings, int HeldOut, int Annotators, bool Simulated, double? ErrorRate, string Dataset, Guid DatasetId,
    int? Lines = null, int Known = 0, int BadLines = 0, string? FirstBadLine = null);

/// <summary>
/// The hub's own work: candidates become labeling tasks, annotators lease them and submit rankings by the rules that people
/// are bound by; or preferences are imported. A dataset version is fixed and written out for the run that trains on it.
/// </summary>
public sealed class CollectWork(LabelingService labeling, JudgmentImport import, DatasetFiles datasets) : IHubWork
{
    /// <summary>Steps in one transaction: other writers wait meanwhile.</summary>
    private const int StepsTogether = 20;

    async Task<object> IHubWork.RunAsync(AttemptFolder folder, StageOptions options, Action<long, long> progress, CancellationToken stop) =>
        await RunAsync(folder, (CollectOptions)options, progress, stop);

    public Task<CollectResult> RunAsync(AttemptFolder folder, CollectOptions options, Action<long, long> progress, CancellationToken stop)
    {
        InputHash.Verify(folder.Run);
        return options.Data.Length == 0 ? RankAsync(folder, options, progress, stop) : ImportAsync(folder, options, stop);
    }

    private async Task<CollectResult> ImportAsync(AttemptFolder folder, CollectOptions options, CancellationToken stop)
    {
        var imported = await import.ImportAsync(options.Data, options.MaxBadShare, stop);
        var (info, lines) = await datasets.MakeAsync(folder, imported.Project, options.HeldOut, stop);
        RunJson.WriteLines(folder.RankingsFile, lines);
        var survey = imported.Survey;
        return new CollectResult(lines.Count, lines.Count(l => l.HeldOut), 1, Simulated: info.SimulatedAnnotations > 0, null, info.Name, info.Id,
            survey.Lines, imported.Known, survey.BadLineCount, survey.BadLines.Count > 0 ? survey.BadLines[0].ToString() : null);
    }

    private async Task<CollectResult> RankAsync(AttemptFolder folder, CollectOptions options, Action<long, long> progress, CancellationToken stop)
    {
        if (options.Overlap > options.Annotators.Count)
            throw new UserError($"collect: overlap {options.Overlap} asks for more annotators than there are (annotators.count: {options.Annotators.Count})");
        var manifest = folder.Run.Read();
        var candidates = RunJson.ReadLines<CandidateLine>(folder.Run.Input(InputNames.Candidates)).ToList();

        // 1. A project with a task for each prompt.
        var question = Question.DefaultRanking with { MaxStrength = options.Annotators.StrengthLevels };
        var project = await labeling.CreateProjectAsync($"collect {manifest.Id}", options.Overlap, [question], cancellation: stop);
        int tasks = await labeling.AddTasksAsync(project, candidates.Select(ToTask), cancellation: stop);

        // 2. Everyone ranks. A judgment's draws are named by the place of its candidates in the file, not by any id.
        var annotators = await AnnotatorsAsync(manifest, options, stop);
        var places = new Dictionary<string, uint>(StringComparer.Ordinal);
        foreach (var candidate in candidates)
            places.TryAdd(Key(candidate.Prompt, candidate.Completions.Select(c => c.Text)), (uint)places.Count);
        await RankAllAsync(project, annotators, places, (long)tasks * options.Overlap, progress, stop);

        // 3. A dataset version, written out with what only the candidates' file holds.
        var (info, lines) = await datasets.MakeAsync(folder, project, options.HeldOut, stop);
        RunJson.WriteLines(folder.RankingsFile, DatasetFiles.Complete(lines, candidates, options.Annotators.GoldReward));
        return new CollectResult(lines.Count, lines.Count(l => l.HeldOut), annotators.Count, Simulated: true,
            options.Annotators.ShuffleLabels ? null : options.Annotators.ErrorRate, info.Name, info.Id);
    }

    private static NewTask ToTask(CandidateLine candidates) => new(
        LabelingService.Prompt(candidates.Prompt),
        [.. candidates.Completions.Select(c => NewCompletion.FromText(c.Text) with { TokenIds = c.Ids, LogProbs = c.LogProbs })]);

    private static string Key(string prompt, IEnumerable<string> completions) => string.Join('\0', completions.Prepend(prompt));

    private async Task<IReadOnlyList<Ranker>> AnnotatorsAsync(RunManifest manifest, CollectOptions options, CancellationToken stop)
    {
        var rankers = new List<Ranker>();
        for (int i = 0; i < options.Annotators.Count; i++)
        {
            var annotator = new SimulatedAnnotator(options.Annotators, options.Seed, i);
            string description = $"simulated annotator {i + 1}, gold reward {options.Annotators.GoldReward}, error rate {annotator.ErrorRate:0.###}, run {manifest.Id}";
            rankers.Add(new Ranker(await labeling.CreateAnnotatorAsync(simulated: true, description, cancellation: stop), annotator));
        }
        return rankers;
    }

    /// <summary>Annotators take turns; a turn is a lease and a submission.</summary>
    private async Task RankAllAsync(
        Guid project, IReadOnlyList<Ranker> annotators, Dictionary<string, uint> places, long wanted, Action<long, long> progress, CancellationToken stop)
    {
        var busy = annotators.ToList();
        int turn = 0;
        long done = 0;
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
                    await rules.SubmitAsync(busy[turn].Id, task.AssignmentId, Answers.OfRanking(Answer.FromRanks(judgment.Ranks, judgment.Strength)));
                    submitted++;
                    turn++;
                }
                return submitted;
            }, stop);
            progress(done, wanted);
        }
    }

    private sealed record Ranker(Guid Id, SimulatedAnnotator Annotator);
}

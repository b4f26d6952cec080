using Microsoft.Extensions.DependencyInjection;
using Rlhf.Pipeline.Files;
using Rlhf.Pipeline.Runs;
using Rlhf.Storage;
using Rlhf.Storage.Changes;
using Rlhf.Storage.Entities;
using Rlhf.Storage.Labeling;
using Rlhf.Storage.Runs;
using Rlhf.Testing;

namespace Rlhf.Pipeline.Tests.Hub.Waiting;

/// <summary>People for the tests of stages that wait for them: scripts that lease and submit as people do.</summary>
internal static class Labelers
{
    private static CancellationToken Cancellation => Xunit.TestContext.Current.CancellationToken;

    /// <summary>Candidates of prompts "prompt 0" …, every fourth held out, with completions "a 0", "b 0" …</summary>
    public static void WriteCandidates(string path, int prompts, int completions = 3)
    {
        var lines = Enumerable.Range(0, prompts).Select(i => new CandidateLine($"prompt {i}", HeldOut: i % 4 == 3,
            [.. Enumerable.Range(0, completions).Select(c => new CandidateCompletion($"{(char)('a' + c)} {i}", [c + 1], [-1], "stop"))]));
        // As the candidates stage writes them: training prompts first.
        RunJson.WriteLines(path, lines.OrderBy(line => line.HeldOut));
    }

    /// <summary>Waits until the pipeline run waits for people, or has ended.</summary>
    public static Task<PipelineStatus> WaitingAsync(this TestHub hub, Guid pipelineRun) => WaitLimit.ApplyAsync(
        $"people are waited for by pipeline run {pipelineRun}", async stop =>
    {
        var feed = hub.Services.GetRequiredService<ChangeFeed>();
        long latest = feed.Latest;
        if (await LookAsync() is { } already)
            return already;
        await foreach (var change in feed.SubscribeAsync(latest, stop))
        {
            if (change.PipelineRunId == pipelineRun && await LookAsync() is { } status)
                return status;
        }
        throw new InvalidOperationException("the feed ended");

        async Task<PipelineStatus?> LookAsync() =>
            await hub.Runs.GetAsync(pipelineRun, stop) is var status && (status.State == RunState.Waiting || status.HasEnded)
                ? status
                : null;
    });

    /// <summary>The project that the run of a pipeline run waits for.</summary>
    public static Guid Project(this PipelineStatus status) => status.Runs[^1].Labeling!.ProjectId;

    /// <summary>
    /// One person answers, at most so many tasks. They rank by the letter of the completion; <paramref name="opinion"/> may say
    /// otherwise for a task.
    /// </summary>
    /// <returns>How many were answered.</returns>
    public static async Task<int> AnswerAsync(
        LabelingService labeling, Guid project, int most = int.MaxValue, Func<int, bool>? opinion = null)
    {
        var annotator = await labeling.CreateAnnotatorAsync(simulated: false, "a person", cancellation: Cancellation);
        int answered = 0;
        while (answered < most && await labeling.LeaseNextAsync(annotator, project, cancellation: Cancellation) is { } task)
        {
            bool usual = opinion?.Invoke(answered) ?? true;
            int count = task.Completions.Count;
            await labeling.SubmitAsync(annotator, task.AssignmentId, Answers.OfRanking(Answer.FromRanks(
                [.. Enumerable.Range(1, count).Select(rank => usual ? rank : count + 1 - rank)])), cancellation: Cancellation);
            answered++;
        }
        return answered;
    }

    public static LabelingService Labeling(this TestHub hub) => hub.Services.GetRequiredService<LabelingService>();

    /// <summary>Answers while there is no hub: nobody publishes them.</summary>
    public static async Task<int> AnswerWithoutHubAsync(Home home, Guid project, int most = int.MaxValue)
    {
        using var database = await RlhfDatabase.OpenAsync(home.Database, Cancellation);
        return await AnswerAsync(new LabelingService(database), project, most);
    }

    /// <summary>The number of attempts that have a folder.</summary>
    public static int Attempts(Home home, Guid run) =>
        Directory.EnumerateDirectories(Path.Combine(home.RunFolder(run), "attempts")).Count();
}

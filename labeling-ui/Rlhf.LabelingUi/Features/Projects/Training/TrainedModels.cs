using System.Text.Json.Nodes;
using Microsoft.EntityFrameworkCore;
using Rlhf.Storage;
using Rlhf.Storage.Entities;

namespace Rlhf.LabelingUi.Features.Projects.Training;

/// <summary>A reward model that was trained on a project's rankings, or is being trained.</summary>
/// <param name="Run">The run that trains it; null before it is planned.</param>
/// <param name="Reason">Why it failed.</param>
/// <param name="Learnt">What it has learnt; null before its end.</param>
public sealed record TrainedModel(
    Guid PipelineRun, Guid? Run, RunState State, DateTimeOffset Created, string? Reason, LearntRanking? Learnt);

/// <summary>A reward model in numbers.</summary>
/// <param name="TrainRankings">Rankings that it was trained on.</param>
/// <param name="HeldOutRankings">Rankings of held-out prompts that it was measured on.</param>
/// <param name="Pairs">The pairs of these that have an order.</param>
/// <param name="Accuracy">The share of the pairs that it orders as people did; null where there are no such pairs.</param>
/// <param name="Low">The lower end of its 95 % interval.</param>
/// <param name="High">The upper end.</param>
/// <param name="TrainingAccuracy">The same share on the rankings that it was trained on.</param>
public sealed record LearntRanking(
    int TrainRankings, int HeldOutRankings, int Pairs, double? Accuracy, double? Low, double? High, double? TrainingAccuracy)
{
    /// <summary>Reads the result of a reward run; null where it is not one.</summary>
    public static LearntRanking? Read(string? result)
    {
        if (result is null || JsonNode.Parse(result) is not JsonObject json || Number(json["trainRankings"]) is not { } train)
            return null;
        var heldOut = json["heldOut"] as JsonObject;
        var accuracy = heldOut?["accuracy"] as JsonObject;
        return new LearntRanking((int)train, (int)(Number(json["heldOutRankings"]) ?? 0), (int)(Number(heldOut?["pairs"]) ?? 0),
            Number(accuracy?["value"]), Number(accuracy?["low"]), Number(accuracy?["high"]),
            Number((json["training"] as JsonObject)?["trainingAccuracy"]));
    }

    // Not-a-number is written by its name.
    private static double? Number(JsonNode? node) =>
        node is JsonValue value && value.TryGetValue(out double number) ? number : null;
}

/// <summary>Reads the reward models of a project.</summary>
public sealed class TrainedModels(RlhfDatabase database)
{
    private const int MaxRows = 5;

    private const string Reward = "reward";

    /// <summary>The latest first: those of pipelines that took the project's rankings, and of the one that waited for them.</summary>
    public async Task<IReadOnlyList<TrainedModel>> ReadAsync(Guid project, CancellationToken stop)
    {
        await using var db = database.OpenReadContext();
        string id = project.ToString();
        var opener = await db.Runs.Where(r => db.Projects.Any(p => p.Id == project && p.RunId == r.Id))
            .Select(r => new { r.PipelineRunId, r.Created }).SingleOrDefaultAsync(stop);
        var openedBy = opener?.PipelineRunId;
        var pipelines = await db.PipelineRuns.Where(p => p.Definition.Contains(id) || p.Id == openedBy)
            .OrderByDescending(p => p.Created).Take(MaxRows).ToListAsync(stop);
        var ids = pipelines.Select(p => (Guid?)p.Id).ToArray();
        var runs = (await db.Runs.Where(r => ids.Contains(r.PipelineRunId) && r.Kind == Reward).OrderBy(r => r.Created).ToListAsync(stop))
            // What was trained before the project was opened knows nothing of it.
            .Where(r => r.PipelineRunId != openedBy || r.Created > opener!.Created).ToLookup(r => r.PipelineRunId);
        return [.. pipelines.Select(p => (Pipeline: p, Run: runs[p.Id].LastOrDefault()))
            .Where(row => row.Run is not null || row.Pipeline.Id != openedBy)
            .Select(row => new TrainedModel(row.Pipeline.Id, row.Run?.Id, row.Run?.State ?? row.Pipeline.State, row.Pipeline.Created,
                row.Run?.Reason ?? row.Pipeline.Reason, LearntRanking.Read(row.Run?.Result)))];
    }
}

using Microsoft.EntityFrameworkCore;
using Rlhf.Core;
using Rlhf.Core.Options;
using Rlhf.Definitions.Pipelines;
using Rlhf.Storage;
using Rlhf.Storage.Runs;

namespace Rlhf.LabelingUi.Features.Projects.Training;

/// <summary>What can be trained on a project's rankings now.</summary>
/// <param name="Rankings">Answers to normal tasks.</param>
/// <param name="Model">The folder of the policy that sampled the completions; null where that is not known.</param>
/// <param name="Rule">What several annotators' rankings become by default: where reviewers have set final answers, these.</param>
public sealed record TrainingOffer(int Rankings, string? Model, Aggregation Rule);

/// <summary>Trains reward models on what people have ranked in a project.</summary>
public sealed class ProjectTraining(RlhfDatabase database, Home home, PipelineRuns pipelines, IServiceProvider services)
{
    /// <summary>Fewer rankings are gone over more often, so that the model takes about as many steps as this many rankings make.</summary>
    private const int RankingsOfEpochs = 240;

    private const int MaxEpochs = 20;

    private const string Collect = "collect", Reward = "reward";

    /// <summary>Null where there is no such project, or no hub that could train.</summary>
    public async Task<TrainingOffer?> OfferAsync(Guid project, CancellationToken stop)
    {
        await using var db = database.OpenReadContext();
        if (Catalog is null || !await db.Projects.AnyAsync(p => p.Id == project, stop))
            return null;
        int rankings = await db.ProjectCounts.Where(c => c.ProjectId == project).Select(c => c.Answered).SingleOrDefaultAsync(stop);
        bool adjudicated = await db.Reviews.AnyAsync(
            r => r.AnnotationId == null && r.Latest && db.Tasks.Any(t => t.Id == r.TaskId && t.ProjectId == project), stop);
        return new TrainingOffer(
            rankings, await PolicyAsync(db, project, stop), adjudicated ? Aggregation.Adjudicated : new CollectOptions().Aggregation);
    }

    /// <summary>Starts a pipeline that fixes a dataset version of the project and trains a reward model on it.</summary>
    /// <param name="project">The project.</param>
    /// <param name="model">The folder of the model to start from; null takes the policy that sampled the completions.</param>
    /// <param name="rule">What several annotators' rankings become; null takes that of the offer.</param>
    /// <param name="startedBy">Who starts it.</param>
    /// <param name="stop">Ends the wait for the database.</param>
    /// <exception cref="UserError">Nothing to train on or from.</exception>
    public async Task<Guid> StartAsync(Guid project, string? model, Aggregation? rule, string startedBy, CancellationToken stop)
    {
        var offer = await OfferAsync(project, stop) ?? throw new UserError($"no labeling project {project}");
        if (offer.Rankings == 0)
            throw new UserError("nobody has ranked anything in this project yet; a reward model is trained on rankings");
        string start = (string.IsNullOrWhiteSpace(model) ? offer.Model : model.Trim())
            ?? throw new UserError("model: the completions of this project name no policy; give the folder of a model to start from");
        await using var db = database.OpenReadContext();
        var (name, run) = await db.Projects.Where(p => p.Id == project).Select(p => new ValueTuple<string, Guid?>(p.Name, p.RunId))
            .SingleAsync(stop);
        var (reward, heldOut) = await OptionsAsync(db, run, stop);
        var pipeline = new PipelineFile
        {
            Name = "reward-model",
            Description = $"A reward model on the rankings of '{name}'",
            Stages =
            [
                new PipelineStage(Collect, new CollectOptions
                {
                    Project = project.ToString(),
                    HeldOut = heldOut,
                    Aggregation = rule ?? offer.Rule,
                }),
                new PipelineStage(Reward, reward with
                {
                    Model = start,
                    Rankings = "",
                    Epochs = Math.Clamp(RankingsOfEpochs / offer.Rankings, reward.Epochs, Math.Max(reward.Epochs, MaxEpochs)),
                }),
            ],
        };
        return await pipelines.StartAsync(pipeline.Name, pipeline.ToJson(), command: null, startedBy, stop);
    }

    private StageCatalog? Catalog => (StageCatalog?)services.GetService(typeof(StageCatalog));

    /// <summary>The policy behind most of the completions.</summary>
    private async Task<string?> PolicyAsync(RlhfDbContext db, Guid project, CancellationToken stop)
    {
        // The first tasks stand for all: a project of 100,000 tasks is not counted for a default value.
        const int looked = 200;
        var checkpoint = await db.Completions
            .Where(c => c.CheckpointId != null
                && db.Tasks.Where(t => t.ProjectId == project).OrderBy(t => t.Position).Take(looked).Any(t => t.Id == c.TaskId))
            .GroupBy(c => c.CheckpointId).OrderByDescending(g => g.Count()).ThenBy(g => g.Key).Select(g => g.Key).FirstOrDefaultAsync(stop);
        string? path = await db.Checkpoints.Where(c => c.Id == checkpoint).Select(c => c.Path).SingleOrDefaultAsync(stop);
        return path is null ? null : home.Absolute(path);
    }

    /// <summary>Those of the pipeline that has opened the project, where it has such stages; they fit its policy.</summary>
    private async Task<(RewardOptions Reward, double HeldOut)> OptionsAsync(RlhfDbContext db, Guid? openedBy, CancellationToken stop)
    {
        string? definition = await db.PipelineRuns.Where(p => db.Runs.Any(r => r.Id == openedBy && r.PipelineRunId == p.Id))
            .Select(p => p.Definition).SingleOrDefaultAsync(stop);
        if (definition is null)
            return (new RewardOptions(), new CollectOptions().HeldOut);
        var stages = PipelineFile.FromJson(definition, Catalog!.Options).Stages;
        return (stages.Select(s => s.Options).OfType<RewardOptions>().LastOrDefault() ?? new RewardOptions(),
            stages.Select(s => s.Options).OfType<CandidatesOptions>().FirstOrDefault()?.Prompts.HeldOut ?? new CollectOptions().HeldOut);
    }
}

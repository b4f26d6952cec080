using Rlhf.Core;
using Rlhf.Storage.Datasets;
using Rlhf.Storage.Entities;
using Rlhf.Storage.Quality;

namespace Rlhf.LabelingUi.Features.Quality;

/// <summary>What a reward model trains on when prompts are weighted by the reliability of those who ranked them.</summary>
public sealed class ReliabilityWeights(ProjectQuality quality, PromptReliability prompts, DatasetVersions versions)
{
    /// <summary>All rankings of a project, with the weights of their prompts.</summary>
    /// <exception cref="UserError">No such project, no ranking, or nobody whose reliability is known.</exception>
    public async Task<DatasetRequest> RequestAsync(Guid project, ReliabilityModel model, CancellationToken cancellation)
    {
        var report = await quality.ComputeAsync(project, cancellation);
        string question = report.Questions.FirstOrDefault(q => q.Kind is QuestionKind.Ranking or QuestionKind.Pairwise)?.Key
            ?? throw new UserError("the project asks for no ranking: there is nothing to weight");
        var request = new DatasetRequest { Projects = [project], Question = question };
        var weights = await prompts.ReadAsync(request, ReliabilityModels.Weights(report, model), cancellation);
        return request with { Weights = weights };
    }

    /// <summary>Makes the dataset version.</summary>
    /// <inheritdoc cref="RequestAsync"/>
    public async Task<DatasetInfo> MakeAsync(Guid project, ReliabilityModel model, CancellationToken cancellation) =>
        await versions.CreateAsync(await RequestAsync(project, model, cancellation), cancellation);
}

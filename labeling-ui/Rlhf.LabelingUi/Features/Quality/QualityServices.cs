using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Rlhf.LabelingUi.Features.Projects;
using Rlhf.Storage.Labeling.Reading;
using Rlhf.Storage.Quality;

namespace Rlhf.LabelingUi.Features.Quality;

/// <summary>The services of the pages of projects and of their statistics.</summary>
internal static class QualityServices
{
    public static void AddServices(IServiceCollection services)
    {
        services.TryAddSingleton<TaskReader>();
        services.TryAddSingleton<MemberReader>();
        services.TryAddSingleton<PayReader>();
        services.TryAddSingleton<PromptReliability>();
        services.AddSingleton<ProjectQuality>();
        services.AddSingleton<ProjectPages>();
        services.AddSingleton<ReliabilityWeights>();
        services.AddScoped<AnnotatorNames>();
    }
}

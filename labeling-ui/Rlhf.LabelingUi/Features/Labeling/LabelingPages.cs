using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Rlhf.Storage.Labeling;

namespace Rlhf.LabelingUi.Features.Labeling;

/// <summary>What the annotator's pages need.</summary>
internal static class LabelingPages
{
    public static void AddServices(IServiceCollection services)
    {
        services.TryAddSingleton<AnnotatorProjects>();
        services.TryAddSingleton<AnnotatorHistory>();
        services.AddScoped<WorkspaceDataReader>();
    }

    public static void Map(IEndpointRouteBuilder routes) => CompletionCodeApi.Map(routes);
}

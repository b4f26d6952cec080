using Microsoft.AspNetCore.Routing;
using Rlhf.LabelingUi.Features.Projects.Api;

namespace Rlhf.LabelingUi.Features.Labeling;

/// <summary>The endpoints of labeling: projects and their tasks, leases, answers, reviews, members and datasets.</summary>
internal static class LabelingApis
{
    public static void Map(IEndpointRouteBuilder routes)
    {
        ProjectsApi.Map(routes);
        TasksApi.Map(routes);
        NextTasksApi.Map(routes);
        AssignmentsApi.Map(routes);
        AnnotationsApi.Map(routes);
        ReviewsApi.Map(routes);
        MembersApi.Map(routes);
        DatasetsApi.Map(routes);
    }
}

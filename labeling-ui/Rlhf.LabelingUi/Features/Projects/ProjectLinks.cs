using Rlhf.LabelingUi.Shell;

namespace Rlhf.LabelingUi.Features.Projects;

/// <summary>The addresses of further pages of projects.</summary>
public static class ProjectLinks
{
    public static string Projects(this Links links) => links.Below("/projects");

    /// <summary>A page of a project beside its overview.</summary>
    public static string ProjectPart(this Links links, Guid id, string part) => links.Below($"/projects/{id}/{part}");

    /// <summary>The review of one task.</summary>
    public static string Review(this Links links, Guid project, Guid task) => links.Below($"/projects/{project}/review/{task}");

    /// <summary>An address of the API, for a file that is downloaded.</summary>
    public static string Api(this Links links, string address) => links.Below($"/api/v1/{address}");
}

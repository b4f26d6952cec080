using Microsoft.AspNetCore.Components;
using Rlhf.LabelingUi.Features.Events;
using Rlhf.Storage.Changes;

namespace Rlhf.LabelingUi.Shell;

/// <summary>The addresses of the pages, below whatever path a proxy serves them at.</summary>
public sealed class Links(NavigationManager navigation, ChangeFeed feed)
{
    // One object per request, made before its page reads rows.
    private readonly long _seen = feed.Latest;
    private string? _root;

    /// <summary>The first page; ends with a slash.</summary>
    public string Home => _root ??= new Uri(navigation.BaseUri).AbsolutePath;

    /// <summary>An address that begins with a slash, as routes do.</summary>
    public string Below(string route) => Home.TrimEnd('/') + route;

    /// <summary>The list of runs.</summary>
    public string Runs => $"{Home}runs";

    public string PipelineRun(Guid id) => $"{Home}pipelines/{id}";

    public string Run(Guid id) => $"{Home}runs/{id}";

    /// <summary>The overview of a labeling project.</summary>
    public string Project(Guid id) => $"{Home}projects/{id}";

    public string NewProject => $"{Home}projects/new";

    /// <summary>Samples a policy for a new project.</summary>
    public string Sample => $"{Home}projects/sample";

    /// <summary>Where an annotator answers the tasks of a project.</summary>
    public string Label(Guid project) => $"{Home}label/{project}";

    /// <summary>The chart and the values of one metric of an attempt.</summary>
    public string Metric(Guid run, string name, int attempt) => $"{Run(run)}/metric?name={Uri.EscapeDataString(name)}&attempt={attempt}";

    public string Report(Guid pipelineRun) => $"{Home}reports/{pipelineRun}";

    /// <summary>
    /// The change feed, of one pipeline run, of one labeling project or of everything, starting at the state that the page shows, so
    /// that no change before the browser's subscription is missed.
    /// </summary>
    public string Events(Guid? pipelineRun = null, Guid? project = null) => $"{Below(EventsApi.Address)}?after={_seen}"
        + (pipelineRun is { } run ? $"&pipelineRun={run}" : "") + (project is { } labeled ? $"&project={labeled}" : "");

    /// <summary>The page that describes the API.</summary>
    public string ApiPage => $"{Home}api";

    /// <summary>A file below wwwroot.</summary>
    public string File(string path) => Below(PageFiles.Address(path));
}

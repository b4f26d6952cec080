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

    /// <summary>The list of runs; ends with a slash.</summary>
    public string Runs => _root ??= new Uri(navigation.BaseUri).AbsolutePath;

    public string PipelineRun(Guid id) => $"{Runs}pipelines/{id}";

    public string Run(Guid id) => $"{Runs}runs/{id}";

    /// <summary>The overview of a labeling project.</summary>
    public string Project(Guid id) => $"{Runs}projects/{id}";

    public string NewProject => $"{Runs}projects/new";

    /// <summary>Samples a policy for a new project.</summary>
    public string Sample => $"{Runs}projects/sample";

    /// <summary>Where an annotator answers the tasks of a project.</summary>
    public string Label(Guid project) => $"{Runs}label/{project}";

    /// <summary>The chart and the values of one metric of an attempt.</summary>
    public string Metric(Guid run, string name, int attempt) => $"{Run(run)}/metric?name={Uri.EscapeDataString(name)}&attempt={attempt}";

    public string Report(Guid pipelineRun) => $"{Runs}reports/{pipelineRun}";

    /// <summary>
    /// The change feed, of one pipeline run or of everything, starting at the state that the page shows, so that no change
    /// before the browser's subscription is missed.
    /// </summary>
    public string Events(Guid? pipelineRun = null) =>
        $"{Runs.TrimEnd('/')}{EventsApi.Address}?after={_seen}" + (pipelineRun is { } id ? $"&pipelineRun={id}" : "");

    /// <summary>A file below wwwroot.</summary>
    public string File(string path) => Runs.TrimEnd('/') + PageFiles.Address(path);
}

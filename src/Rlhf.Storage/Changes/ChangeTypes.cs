namespace Rlhf.Storage.Changes;

/// <summary>The types of changes. Their names are part of the API.</summary>
public static class ChangeTypes
{
    /// <summary>
    /// How far a run is: payload <c>kind</c>, <c>phase</c>, <c>done</c>, <c>total</c>, <c>tokensPerSecond</c> and, in <c>counted</c>, which
    /// tokens these are.
    /// </summary>
    public const string RunProgress = "run.progress";

    /// <summary>A run was queued, started or ended: payload <c>kind</c>, <c>state</c>, <c>reason</c>.</summary>
    public const string RunState = "run.state";

    /// <summary>A run has new metrics: payload <c>kind</c>, <c>step</c> and <c>values</c>, by name.</summary>
    public const string RunMetrics = "run.metrics";

    /// <summary>A pipeline run started, reached a stage or ended: payload <c>name</c>, <c>state</c>, <c>reason</c>.</summary>
    public const string PipelineState = "pipeline.state";

    /// <summary>
    /// The hub cannot go on by itself: payload <c>text</c>, for people who follow runs. Without a pipeline run it concerns all of them.
    /// </summary>
    public const string HubNotice = "hub.notice";

    /// <summary>Somebody submitted an annotation: payload <c>project</c>, <c>task</c>.</summary>
    public const string LabelingSubmission = "labeling.submission";

    /// <summary>Tasks, questions, settings or overlap of a labeling project changed: payload <c>project</c>.</summary>
    public const string LabelingProject = "labeling.project";

    /// <summary>Newer statistics of a labeling project are there: payload <c>project</c>.</summary>
    public const string LabelingQuality = "labeling.quality";

    /// <summary>
    /// Changes up to this one were not delivered to this subscriber: it was too slow, or asked for older ones than are kept.
    /// It reads the rows again; what follows is complete.
    /// </summary>
    public const string CatchUp = "feed.catchUp";
}

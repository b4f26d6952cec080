using System.Text.Json.Nodes;
using Rlhf.Core.Options.Labeling;
using Rlhf.Storage.Entities;
using Rlhf.Storage.Labeling;

namespace Rlhf.LabelingUi.Features.Projects.Bodies;

/// <summary>A question that needs nothing but a name.</summary>
public enum SimpleQuestion
{
    Ranking,
    Pairwise,
}

/// <summary>
/// A labeling project to be made. What is asked comes from one of <see cref="Template"/>, <see cref="TemplateYaml"/>,
/// <see cref="Question"/> and <see cref="Questions"/>; without any it is a ranking.
/// </summary>
/// <param name="Name">Unique in the home folder.</param>
public sealed record CreateProjectRequest(string Name)
{
    /// <summary>A protocol that ships: arena, helpsteer, hh, instructgpt, llama2 or open-assistant.</summary>
    public string? Template { get; init; }

    /// <summary>The text of a template file of one's own.</summary>
    public string? TemplateYaml { get; init; }

    /// <summary>One ranking, or one pairwise preference in three strengths, each with an optional rationale.</summary>
    public SimpleQuestion? Question { get; init; }

    /// <summary>What is asked, in full.</summary>
    public IReadOnlyList<QuestionTemplate>? Questions { get; init; }

    /// <summary>How many completions each task has; without it, every task may have its own number.</summary>
    public int? K { get; init; }

    /// <summary>How many annotators each task wants; 1 by default.</summary>
    public int? Overlap { get; init; }

    /// <summary>Shown to annotators; Markdown.</summary>
    public string? Guidelines { get; init; }

    /// <summary>Who may label; every annotator by default.</summary>
    public ProjectAccess? Access { get; init; }

    /// <summary>How the project is run; what is not given has its default. The share of gold tasks is 0.1 by default.</summary>
    public JsonObject? Settings { get; init; }
}

/// <summary>What changes of a project; what is not given stays.</summary>
public sealed record ChangeProjectRequest
{
    public string? Name { get; init; }

    /// <summary>How many annotators each task wants. Leases already given stay good.</summary>
    public int? Overlap { get; init; }

    /// <summary>New guidelines make the next version of the project.</summary>
    public string? Guidelines { get; init; }

    /// <summary>New questions make the next version of the project; answers keep the version that they answered.</summary>
    public IReadOnlyList<QuestionTemplate>? Questions { get; init; }

    public int? K { get; init; }

    public ProjectAccess? Access { get; init; }

    /// <summary>The settings that change.</summary>
    public JsonObject? Settings { get; init; }
}

/// <param name="Id">The project.</param>
public sealed record CreatedProject(Guid Id);

/// <summary>A labeling project.</summary>
/// <param name="Access">Who may label.</param>
/// <param name="K">How many completions each task has; absent where the tasks say.</param>
/// <param name="Version">The number of the newest version of guidelines and questions.</param>
/// <param name="Progress">How far it is; normal tasks only.</param>
/// <param name="Me">The place of whoever asks; absent before their first task.</param>
public record ProjectSummary(
    Guid Id, string Name, ProjectAccess Access, int? K, int Overlap, int Version, LabelingProgress Progress, ProjectPlace? Me,
    DateTimeOffset Created)
{
    /// <summary>Why no further tasks are given; absent while the project is open.</summary>
    public string? Closed { get; init; }

    internal static ProjectSummary From(ProjectView view) => new(
        view.Project.Id, view.Project.Name, view.Project.Settings.Access, view.Project.Settings.Completions, view.Project.Overlap,
        view.Version.Number, view.Progress, ProjectPlace.From(view.Member), view.Project.Created)
    {
        Closed = view.Project.Settings.Closed,
    };
}

/// <summary>A labeling project with what annotators are asked.</summary>
public sealed record ProjectDetails(
    Guid Id, string Name, ProjectAccess Access, int? K, int Overlap, int Version, LabelingProgress Progress, ProjectPlace? Me,
    DateTimeOffset Created) : ProjectSummary(Id, Name, Access, K, Overlap, Version, Progress, Me, Created)
{
    /// <summary>Markdown.</summary>
    public required string Guidelines { get; init; }

    public required IReadOnlyList<Question> Questions { get; init; }

    /// <summary>Shown before the first task.</summary>
    public string? ContentWarning { get; init; }

    /// <summary>How many tasks one person may hold at once: the one in view and those fetched ahead.</summary>
    public int MaxLeases { get; init; }

    /// <summary>How long a lease lasts, minutes.</summary>
    public double LeaseMinutes { get; init; }

    /// <summary>How long without input still counts as active time, seconds, for a short text.</summary>
    public double IdleSeconds { get; init; }

    /// <summary>How the project is run; for researchers only.</summary>
    public ProjectSettings? Settings { get; init; }

    internal static ProjectDetails From(ProjectView view, bool withSettings)
    {
        var (project, settings) = (view.Project, view.Project.Settings);
        return new ProjectDetails(project.Id, project.Name, settings.Access, settings.Completions, project.Overlap, view.Version.Number,
            view.Progress, ProjectPlace.From(view.Member), project.Created)
        {
            Closed = settings.Closed,
            Guidelines = view.Version.Guidelines,
            Questions = view.Version.Questions,
            ContentWarning = settings.ContentWarning,
            MaxLeases = settings.MaxLeases,
            LeaseMinutes = settings.LeaseMinutes,
            IdleSeconds = settings.IdleSeconds,
            Settings = withSettings ? settings : null,
        };
    }
}

/// <summary>Somebody's place in a project.</summary>
/// <param name="Reason">Why they are paused or excluded.</param>
/// <param name="Qualified">Whether they have passed the qualification, or need none.</param>
/// <param name="Answered">Normal tasks answered.</param>
public sealed record ProjectPlace(
    ProjectRole Role, MemberState State, string? Reason, DateTimeOffset? StateChanged, bool Qualified, int Answered,
    string? CompletionCode)
{
    internal static ProjectPlace? From(ProjectMember? member) => member is null ? null : new ProjectPlace(
        member.Role, member.State, member.Reason, member.StateChanged, member.Qualified is not null, member.Answered,
        member.CompletionCode);
}

/// <summary>A version of guidelines and questions; it never changes.</summary>
public sealed record ProjectVersionDetails(
    int Number, string Guidelines, IReadOnlyList<Question> Questions, DateTimeOffset Created);

/// <summary>A template that ships.</summary>
/// <param name="Yaml">Its file, to begin one of one's own from.</param>
public sealed record TemplateDetails(string Name, string Title, int? K, string Yaml);

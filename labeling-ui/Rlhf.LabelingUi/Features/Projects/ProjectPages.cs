using System.Security.Claims;
using Rlhf.Core;
using Rlhf.Core.Content;
using Rlhf.LabelingUi.Features.Account.Access;
using Rlhf.Storage.Entities;
using Rlhf.Storage.Json;
using Rlhf.Storage.Labeling;

namespace Rlhf.LabelingUi.Features.Projects;

/// <summary>A project as its pages head it.</summary>
/// <param name="View">The project, and how far it is.</param>
/// <param name="CanManage">Whether whoever looks may change it.</param>
public sealed record ProjectHeader(ProjectView View, bool CanManage)
{
    public LabelingProject Row => View.Project;

    public Guid Id => Row.Id;

    public string Name => Row.Name;
}

/// <summary>What the pages of projects read, for the user who looks at them.</summary>
public sealed class ProjectPages(LabelingProjects projects)
{
    private const int MaxPrompt = 160;

    /// <summary>The projects that the user may see, the newest first.</summary>
    public async Task<IReadOnlyList<ProjectView>> ListAsync(ClaimsPrincipal user, CancellationToken cancellation) =>
        [.. (await projects.ListAsync(user.AnnotatorId(), SeesAll(user), cancellation)).OrderByDescending(view => view.Project.Created)];

    /// <summary>Null where there is no such project, or not for this user.</summary>
    public async Task<ProjectHeader?> HeaderAsync(Guid project, ClaimsPrincipal user, CancellationToken cancellation)
    {
        try
        {
            return new ProjectHeader(await projects.GetAsync(project, user.AnnotatorId(), SeesAll(user), cancellation), SeesAll(user));
        }
        catch (UserError error) when (error.Kind == ErrorKind.NotFound)
        {
            return null;
        }
    }

    /// <summary>The beginning of a prompt, for a list.</summary>
    public static string Beginning(IReadOnlyList<Message>? context)
    {
        string text = ContentJson.AllText(context is { Count: > 0 } ? [context[^1]] : context).ReplaceLineEndings(" ").Trim();
        return text.Length <= MaxPrompt ? text : string.Concat(text.AsSpan(0, Whole(text, MaxPrompt)), "…");
    }

    private static int Whole(string text, int length) => char.IsHighSurrogate(text[length - 1]) ? length - 1 : length;

    private static bool SeesAll(ClaimsPrincipal user) => user.Role() >= AccountRole.Researcher;
}

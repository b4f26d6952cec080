using Rlhf.Core;
using Rlhf.Definitions.Templates;
using Rlhf.LabelingUi.Features.Projects.Bodies;
using Rlhf.LabelingUi.Features.Projects.Forms;
using Rlhf.Storage.Entities;
using Rlhf.Storage.Labeling;

namespace Rlhf.LabelingUi.Features.Projects;

/// <summary>Makes a project from the form of a new one, as the API makes it from a request.</summary>
internal static class NewProjectForm
{
    private const string Ranking = "ranking", Pairwise = "pairwise", Own = "own";

    /// <summary>What can be asked, by the names of the form: a question alone, a protocol that ships, or a template of one's own.</summary>
    public static IReadOnlyList<string> Templates { get; } = [Ranking, Pairwise, .. ProjectTemplates.Names, Own];

    /// <exception cref="UserError">A value that does not fit; its field is named.</exception>
    public static async Task<Guid> MakeAsync(FormValues form, LabelingProjects projects, string by, CancellationToken cancellation)
    {
        string? template = form.Text("template");
        string? yaml = form.Text("templateYaml");
        if (template == Own && yaml is null)
            throw new UserError("the template of your own is empty") { Field = "templateYaml" };
        if (template != Own && yaml is not null)
            throw new UserError("there is a template of your own, but another one is chosen above") { Field = "templateYaml" };
        var request = new CreateProjectRequest(form.Required("name", "the name"))
        {
            Question = template switch { Ranking => SimpleQuestion.Ranking, Pairwise => SimpleQuestion.Pairwise, _ => null },
            Template = template is Ranking or Pairwise or Own ? null : template,
            TemplateYaml = yaml,
            K = form.Whole("k", "the number of completions", 2, ProjectSettings.MaxCompletions),
            Overlap = form.Whole("overlap", "overlap", 1, SettingsForm.MaxOverlap),
            // What a protocol says stays where nothing else is written.
            Guidelines = form.Text("guidelines"),
            Access = form.Text("access") == nameof(ProjectAccess.Members) ? ProjectAccess.Members : ProjectAccess.Open,
        };
        return (await projects.CreateAsync(ProjectRequests.Read(request, by), cancellation)).Id;
    }
}

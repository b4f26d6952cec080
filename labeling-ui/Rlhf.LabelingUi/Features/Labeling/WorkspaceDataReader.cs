using System.Text.Encodings.Web;
using System.Text.Json;
using Microsoft.AspNetCore.Antiforgery;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Localization;
using Rlhf.LabelingUi.Features.Account.Access;
using Rlhf.LabelingUi.Features.Account.Users;
using Rlhf.LabelingUi.Features.Labeling.Answering;
using Rlhf.LabelingUi.Features.Projects.Bodies;
using Rlhf.LabelingUi.Shell;
using Rlhf.LabelingUi.Shell.Requests;
using Rlhf.LabelingUi.Shell.Texts;
using Rlhf.Storage.Labeling;

namespace Rlhf.LabelingUi.Features.Labeling;

/// <summary>What the script of the labeling page is given with the page, so that its first request is for a task. Reads only.</summary>
internal sealed class WorkspaceDataReader(
    AnnotatorProjects projects, ProjectVersions versions, Accounts accounts, IAntiforgery antiforgery,
    IStringLocalizer<LabelingTexts> texts, Links links)
{
    // Inside of an element of HTML: what could end it is escaped.
    private static readonly JsonSerializerOptions Settings = new(ApiJson.Settings) { Encoder = JavaScriptEncoder.Default };

    /// <param name="context">The request for the page.</param>
    /// <param name="project">The project.</param>
    /// <param name="answered">Where an answer is corrected.</param>
    public async Task<string> ReadAsync(HttpContext context, AnnotatorProject project, AnsweredTask? answered)
    {
        var newest = await projects.NewestVersionAsync(project.Id, context.RequestAborted);
        var shown = answered is null ? newest : await versions.GetAsync(answered.Task.ProjectVersionId, context.RequestAborted);
        var user = context.User;
        return JsonSerializer.Serialize(new
        {
            root = links.Home,
            history = links.Below($"/label/{project.Id}/history"),
            project = project.Id,
            account = user.AccountName(),
            annotator = user.AnnotatorId(),
            antiforgery = antiforgery.GetAndStoreTokens(context).RequestToken,
            language = Languages.Current,
            idleSeconds = project.Settings.IdleSeconds,
            plainText = project.Settings.PlainText,
            singleKeys = (await accounts.GetAsync(user.AccountId().ToString())).SingleKeyShortcuts,
            warning = project.Settings.ContentWarning,
            guidelines = newest.Guidelines,
            version = newest.Number,
            versions = new[] { newest, shown }.DistinctBy(version => version.Number).Select(version =>
                new ProjectVersionDetails(version.Number, version.Guidelines, version.Questions, version.Created)),
            mine = project.Mine,
            external = project.IsExternal,
            correct = answered is null ? null : new
            {
                id = answered.AnnotationId,
                revision = answered.Revision,
                task = ShownTask.From(answered.Task),
                answers = AnswerWriter.Write(answered.Answers, PresentedPlaces.Create(answered.Task.Completions)),
            },
            texts = texts.GetAllStrings(includeParentCultures: true).ToDictionary(text => text.Name, text => text.Value),
        }, Settings);
    }
}

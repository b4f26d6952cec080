using System.Net;
using System.Text.RegularExpressions;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Rlhf.Core;
using Rlhf.Core.Options;
using Rlhf.Definitions.Pipelines;
using Rlhf.LabelingUi.Features.Account.Access;
using Rlhf.LabelingUi.Features.Projects.Training;
using Rlhf.Storage.Entities;

namespace Rlhf.LabelingUi.Tests.Projects;

/// <summary>Training a reward model on what people have ranked, from the project's page.</summary>
public sealed class ProjectTrainingTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_rankings_as_they_are_and_the_policy_that_wrote_the_completions()
    {
        await using var served = await StartAsync();
        var project = await LabeledProject.AddAsync(served, rankings: 6, policy: "models/start");
        var training = served.Services.GetRequiredService<ProjectTraining>();
        string model = served.Home.Absolute("models/start");
        Assert.Equal(new TrainingOffer(6, model, Aggregation.Each), await training.OfferAsync(project, Cancellation));
        var id = await training.StartAsync(project, model: null, rule: null, "researcher", Cancellation);

        await using var db = served.Database.OpenReadContext();
        var row = await db.PipelineRuns.SingleAsync(p => p.Id == id, Cancellation);
        Assert.Equal((RunState.Running, "researcher"), (row.State, row.CreatedBy));
        var stages = PipelineFile.FromJson(row.Definition, LabeledProject.Catalog.Options).Stages;
        Assert.Equal(["collect", "reward"], stages.Select(s => s.Kind));
        var collect = (CollectOptions)stages[0].Options;
        // Held out as where the prompts came from; the options of that pipeline's reward stage, with more turns over so few rankings.
        Assert.Equal((project.ToString(), 0.4, Aggregation.Each), (collect.Project, collect.HeldOut, collect.Aggregation));
        var reward = (RewardOptions)stages[1].Options;
        Assert.Equal((model, "", 0.0042, 20), (reward.Model, reward.Rankings, reward.LearningRate, reward.Epochs));
        Assert.Equal("/other", ((RewardOptions)PipelineFile.FromJson(
            await DefinitionAsync(db, await training.StartAsync(project, " /other ", null, "researcher", Cancellation)),
            LabeledProject.Catalog.Options).Stages[1].Options).Model);
    }

    [Fact]
    public async Task The_rule_is_chosen_in_the_form_and_is_that_of_the_reviewers_where_they_have_decided()
    {
        await using var served = await StartAsync();
        var project = await LabeledProject.AddAsync(served, rankings: 6, policy: "models/start");
        string address = $"/projects/{project}/train";
        var browser = await served.SignInAsync(served.Admin);
        Assert.Equal("each", await ChosenAsync());
        await using var db = served.Database.OpenReadContext();
        var task = await db.Annotations.OrderBy(a => a.Id).Select(a => a.TaskId).FirstAsync(Cancellation);
        await new Storage.Labeling.LabelingReviews(served.Database, everywhere: true).AdjudicateAsync(
            served.Admin.AnnotatorId, task, Answers.OfRanking(Answer.FromRanks([2, 1])), cancellation: Cancellation);
        Assert.Equal("adjudicated", await ChosenAsync());

        foreach (string rule in new[] { "adjudicated", "majority" })
        {
            using var started = await browser.SubmitAsync(address, "train", [("rule", rule)], Cancellation);
            Assert.Equal(HttpStatusCode.Found, started.StatusCode);
        }
        var rules = (await db.PipelineRuns.Where(p => p.Name == "reward-model").OrderBy(p => p.Created).Select(p => p.Definition)
            .ToListAsync(Cancellation)).Select(definition =>
                ((CollectOptions)PipelineFile.FromJson(definition, LabeledProject.Catalog.Options).Stages[0].Options).Aggregation);
        Assert.Equal([Aggregation.Adjudicated, Aggregation.Majority], rules);
        using var refused = await browser.SubmitAsync(address, "train", [("rule", "best")], Cancellation);
        Assert.Contains("rule must be each, majority, soft, weighted, adjudicated; got &#x27;best&#x27;",
            await refused.Content.ReadAsStringAsync(Cancellation));

        async Task<string> ChosenAsync() => Regex.Match(
            await browser.Client.GetStringAsync(address, Cancellation), "<option value=\"([a-z]*)\" selected").Groups[1].Value;
    }

    [Fact]
    public async Task Without_rankings_or_a_policy_the_reason_is_said()
    {
        await using var served = await StartAsync();
        var project = await LabeledProject.AddAsync(served, rankings: 0, policy: null);
        var training = served.Services.GetRequiredService<ProjectTraining>();
        Assert.StartsWith("nobody has ranked anything", (await Assert.ThrowsAsync<UserError>(
            () => training.StartAsync(project, "/model", null, "r", Cancellation))).Message, StringComparison.Ordinal);
        await LabeledProject.AnswerAsync(served.Services.GetRequiredService<Storage.Labeling.LabelingService>(), project, 1);
        Assert.StartsWith("model: the completions of this project name no policy", (await Assert.ThrowsAsync<UserError>(
            () => training.StartAsync(project, " ", null, "r", Cancellation))).Message, StringComparison.Ordinal);
        Assert.Null(await training.OfferAsync(Guid.CreateVersion7(), Cancellation));
    }

    [Fact]
    public async Task What_the_models_have_learnt_is_told_but_not_of_those_that_were_trained_before()
    {
        await using var served = await StartAsync();
        var project = await LabeledProject.AddAsync(served, rankings: 6, policy: "models/start");
        var models = served.Services.GetRequiredService<TrainedModels>();
        // The reward stage of the pipeline that has opened the project came before it.
        Assert.Empty(await models.ReadAsync(project, Cancellation));
        var id = await served.Services.GetRequiredService<ProjectTraining>().StartAsync(project, null, null, "r", Cancellation);
        Assert.Equal((id, null, RunState.Running, null), Assert.Single(await models.ReadAsync(project, Cancellation)) is var begun
            ? (begun.PipelineRun, begun.Run, begun.State, begun.Learnt) : default);
        var run = new Run
        {
            PipelineRunId = id,
            Kind = "reward",
            Options = "{}",
            State = RunState.Succeeded,
            Created = LabeledProject.At(9),
            Result = LabeledProject.Result(0.75),
        };
        await served.Database.WriteAsync(db =>
        {
            db.Add(run);
            return Task.CompletedTask;
        }, Cancellation);
        var trained = Assert.Single(await models.ReadAsync(project, Cancellation));
        Assert.Equal((run.Id, RunState.Succeeded), (trained.Run, trained.State));
        Assert.Equal(new LearntRanking(8, 2, 12, 0.75, 0.61, 0.9, 0.875), trained.Learnt);
    }

    [Fact]
    public async Task The_page_trains_and_shows_what_was_learnt()
    {
        await using var served = await StartAsync();
        var project = await LabeledProject.AddAsync(served, rankings: 6, policy: "models/start");
        string address = $"/projects/{project}/train";
        var rita = await served.AddUserAsync(AccountRole.Researcher, "rita");
        var researcher = await served.SignInAsync(rita);
        using var answer = await researcher.SubmitAsync(address, "train", [], Cancellation);
        Assert.Equal(HttpStatusCode.Found, answer.StatusCode);
        await using var db = served.Database.OpenReadContext();
        var started = await db.PipelineRuns.SingleAsync(p => p.Name == "reward-model", Cancellation);
        // No name in this database: the account has it, and with the account it goes.
        Assert.Equal(rita.AnnotatorId.ToString(), started.CreatedBy);
        Assert.Contains("started by rita", await researcher.Client.GetStringAsync($"/pipelines/{started.Id}", Cancellation));
        await served.Database.WriteAsync(db =>
        {
            db.Add(new Run
            {
                PipelineRunId = started.Id,
                Kind = "reward",
                Options = "{}",
                State = RunState.Succeeded,
                Created = LabeledProject.At(9),
                Result = LabeledProject.Result(0.75),
            });
            return Task.CompletedTask;
        }, Cancellation);
        string page = WebUtility.HtmlDecode(await researcher.Client.GetStringAsync(address, Cancellation));
        Assert.Contains("75.0\u00a0% (61.0\u00a0% to 90.0\u00a0%)", page, StringComparison.Ordinal);
        Assert.Contains("2 rankings, 12 pairs", page, StringComparison.Ordinal);
        Assert.Contains("75,0\u00a0% (61,0\u00a0% bis 90,0\u00a0%)", WebUtility.HtmlDecode(
            await researcher.Client.GetStringAsync(address + "?culture=de", Cancellation)), StringComparison.Ordinal);

        var reviewer = await served.SignInAsync(await served.AddUserAsync(AccountRole.Reviewer));
        using var refused = await reviewer.SubmitAsync(address, "train", [], Cancellation);
        Assert.Equal(HttpStatusCode.Forbidden, refused.StatusCode);
        Assert.Equal(1, await db.PipelineRuns.CountAsync(p => p.Name == "reward-model", Cancellation));
    }

    private static Task<ServedHome> StartAsync() => ServedHome.StartAsync(
        new WebSettings(), builder => builder.Services.AddSingleton(LabeledProject.Catalog));

    private static Task<string> DefinitionAsync(Storage.RlhfDbContext db, Guid id) =>
        db.PipelineRuns.Where(p => p.Id == id).Select(p => p.Definition).SingleAsync(Cancellation);
}

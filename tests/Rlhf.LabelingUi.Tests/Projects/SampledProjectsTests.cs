using System.Net;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Rlhf.Core;
using Rlhf.Core.Options;
using Rlhf.Definitions.Pipelines;
using Rlhf.LabelingUi.Features.Account.Access;
using Rlhf.LabelingUi.Features.Projects.Sampling;
using Rlhf.Testing;

namespace Rlhf.LabelingUi.Tests.Projects;

/// <summary>Sampling a policy for a project, from its page.</summary>
public sealed class SampledProjectsTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_form_becomes_a_pipeline_that_samples_and_opens_a_project()
    {
        await using var served = await ServedHome.StartAsync();
        using var folder = new TemporaryFolder();
        Directory.CreateDirectory(folder["model"]);
        File.WriteAllText(folder["model/config.json"], "{}");
        var request = new SampleRequest
        {
            Model = folder["model"] + "/ ",
            Prompts = " Tell a story.\r\n\r\nSay \"no\".\n",
            Count = 7,
            PerPrompt = 3,
            MaxNewTokens = 99,
            Temperature = 1.25,
        };
        var stages = await StagesAsync(served, request);
        Assert.Equal(["candidates", "label"], stages.Select(s => s.Kind));
        var candidates = (CandidatesOptions)stages[0].Options;
        Assert.Equal((folder["model"], 7, 3, 99, 1.25), (candidates.Model, candidates.Prompts.Count, candidates.PerPrompt,
            candidates.Sampling.MaxNewTokens, candidates.Sampling.Temperature));
        // All of them become tasks.
        Assert.Equal((0, 0), (candidates.TrainPrompts, candidates.HeldOutPrompts));
        Assert.Equal(["{\"prompt\":\"Tell a story.\"}", "{\"prompt\":\"Say \\u0022no\\u0022.\"}"],
            File.ReadLines(candidates.Prompts.Source));
        var label = (LabelOptions)stages[1].Options;
        Assert.Equal(("Samples of model", false), (label.Name, label.Wait));

        var named = await StagesAsync(served, new SampleRequest { Model = folder["model"], Name = " mine " });
        Assert.Equal("grammar", ((CandidatesOptions)named[0].Options).Prompts.Source);
        Assert.Equal("mine", ((LabelOptions)named[1].Options).Name);
    }

    [Fact]
    public async Task What_cannot_be_sampled_is_refused_with_the_field()
    {
        await using var served = await ServedHome.StartAsync();
        using var folder = new TemporaryFolder();
        await RefusedAsync("model: 'relative/path' is not the full path of a folder", new() { Model = "relative/path" });
        await RefusedAsync($"model: {folder["nothing"]}: no config.json there", new() { Model = folder["nothing"] });
        await RefusedAsync("count must be between 1 and 100000; got 0", new() { Count = 0 });
        await RefusedAsync("perPrompt must be between 2 and 9; got 10", new() { PerPrompt = 10 });
        await RefusedAsync("maxNewTokens must be between 1 and 4096; got 5000", new() { MaxNewTokens = 5000 });
        await RefusedAsync("temperature must be between 0 and 100; got NaN", new() { Temperature = double.NaN });

        async Task RefusedAsync(string message, SampleRequest request) => Assert.StartsWith(message, (await Assert.ThrowsAsync<UserError>(
            () => served.Services.GetRequiredService<SampledProjects>().StartAsync(request, "r", Cancellation))).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_page_starts_it_and_says_what_is_wrong_beside_what_was_typed()
    {
        await using var served = await ServedHome.StartAsync();
        using var folder = new TemporaryFolder();
        Directory.CreateDirectory(folder["model"]);
        File.WriteAllText(folder["model/config.json"], "{}");
        var researcher = await served.SignInAsync(await served.AddUserAsync(AccountRole.Researcher));
        using var wrong = await researcher.SubmitAsync(
            "/projects/sample", "sample", [("Request.Model", "<here>"), ("Request.Count", "9")], Cancellation);
        string page = await wrong.Content.ReadAsStringAsync(Cancellation);
        Assert.Contains("is not the full path of a folder", page, StringComparison.Ordinal);
        Assert.Contains("value=\"&lt;here&gt;\"", page, StringComparison.Ordinal);
        Assert.Contains("value=\"9\"", page, StringComparison.Ordinal);

        using var answer = await researcher.SubmitAsync(
            "/projects/sample", "sample", [("Request.Model", folder["model"]), ("Request.Temperature", "0.5")], Cancellation);
        Assert.Equal(HttpStatusCode.Found, answer.StatusCode);
        await using var db = served.Database.OpenReadContext();
        var run = await db.PipelineRuns.SingleAsync(Cancellation);
        Assert.EndsWith($"/pipelines/{run.Id}", answer.Headers.Location!.ToString(), StringComparison.Ordinal);
        Assert.Contains("\"temperature\":0.5", run.Definition.Replace(" ", "", StringComparison.Ordinal), StringComparison.Ordinal);
    }

    private static async Task<IReadOnlyList<PipelineStage>> StagesAsync(ServedHome served, SampleRequest request)
    {
        var id = await served.Services.GetRequiredService<SampledProjects>().StartAsync(request, "researcher", Cancellation);
        await using var db = served.Database.OpenReadContext();
        var row = await db.PipelineRuns.SingleAsync(p => p.Id == id, Cancellation);
        Assert.Equal("researcher", row.CreatedBy);
        return PipelineFile.FromJson(row.Definition, LabeledProject.Catalog.Options).Stages;
    }
}

using Microsoft.Extensions.DependencyInjection;
using Rlhf.LabelingUi.Tests.Projects;
using Rlhf.Storage.Entities;
using Rlhf.Storage.Labeling;
using Rlhf.Storage.Runs;

namespace Rlhf.LabelingUi.Tests.Runs;

/// <summary>The pages of a pipeline run and a run that wait for people: how far they are, and where to rank.</summary>
public sealed class WaitingRunTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task They_say_how_far_people_are_and_link_to_the_project()
    {
        await using var served = await ServedHome.StartAsync();
        var pipeline = new PipelineRun
        {
            Name = "people",
            Definition = """{"name":"people","stages":[{"kind":"label"},{"kind":"reward"}]}""",
            State = RunState.Waiting,
            Created = LabeledProject.At(0),
        };
        var run = new Run
        {
            PipelineRunId = pipeline.Id,
            Kind = "label",
            Options = """{"until":{"annotations":9,"agreementWithin":0.05,"date":"2027-01-31"}}""",
            State = RunState.Waiting,
            Created = LabeledProject.At(1),
            Started = LabeledProject.At(1),
        };
        await SampleRuns.AddAsync(served.Database, (pipeline, [run]));
        var project = await new RunProjects(served.Database).OpenAsync(
            run.Id, new RunProject("<b>reviews</b>", 3, [Question.DefaultRanking]), Cancellation);
        var labeling = served.Services.GetRequiredService<LabelingService>();
        await labeling.AddTasksAsync(project, Enumerable.Range(0, 4).Select(i => new NewTask(LabelingService.Prompt($"prompt {i}"),
            [NewCompletion.FromText("a"), NewCompletion.FromText("b")])), cancellation: Cancellation);
        await LabeledProject.AnswerAsync(labeling, project, 2);

        foreach (string address in new[] { $"/pipelines/{pipeline.Id}", $"/runs/{run.Id}" })
        {
            string page = await served.Client.GetStringAsync(address, Cancellation);
            Assert.Contains("waiting for people", page, StringComparison.Ordinal);
            Assert.Contains("2 of 12 answers", page, StringComparison.Ordinal);
            Assert.Contains("0 of 4 tasks complete", page, StringComparison.Ordinal);
            Assert.Contains($"href=\"/projects/{project}\">&lt;b&gt;reviews&lt;/b&gt;</a>", page, StringComparison.Ordinal);
            Assert.Contains($"href=\"/label/{project}\"", page, StringComparison.Ordinal);
            Assert.Contains("Goes on when all 12 answers are there, or when 9 answers are there, or when agreement is known to within "
                + "0.05, or when it is 2027-01-31 00:00 UTC.", page, StringComparison.Ordinal);
        }

        // Cancelled, it says why nobody can go on.
        await served.Services.GetRequiredService<PipelineRuns>().CancelAsync(pipeline.Id, "not needed", Cancellation);
        foreach (string address in new[] { $"/pipelines/{pipeline.Id}", $"/runs/{run.Id}", $"/projects/{project}" })
        {
            string page = await served.Client.GetStringAsync(address, Cancellation);
            Assert.Contains("its pipeline run has ended: not needed", page, StringComparison.Ordinal);
            Assert.DoesNotContain("Goes on when", page, StringComparison.Ordinal);
        }
        Assert.DoesNotContain("/label/", await served.Client.GetStringAsync($"/pipelines/{pipeline.Id}", Cancellation),
            StringComparison.Ordinal);
    }
}

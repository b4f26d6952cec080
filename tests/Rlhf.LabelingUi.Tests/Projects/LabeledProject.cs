using System.Globalization;
using Microsoft.Extensions.DependencyInjection;
using Rlhf.Core.Options;
using Rlhf.Definitions.Pipelines;
using Rlhf.Storage.Entities;
using Rlhf.Storage.Labeling;

namespace Rlhf.LabelingUi.Tests.Projects;

/// <summary>A project of a policy's completions, opened by a pipeline, with some rankings.</summary>
internal static class LabeledProject
{
    /// <summary>The kinds of stages that the pages start.</summary>
    public static StageCatalog Catalog { get; } = new(new Dictionary<string, Type>
    {
        ["candidates"] = typeof(CandidatesOptions),
        ["collect"] = typeof(CollectOptions),
        ["label"] = typeof(LabelOptions),
        ["reward"] = typeof(RewardOptions),
        ["ppo"] = typeof(PpoOptions),
    });

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    /// <param name="served">The home folder.</param>
    /// <param name="rankings">How many of its ten tasks are ranked.</param>
    /// <param name="policy">The folder of the policy; null where the completions are of nobody.</param>
    /// <param name="name">Of the project.</param>
    public static async Task<Guid> AddAsync(ServedHome served, int rankings, string? policy, string name = "to rank")
    {
        var definition = new PipelineFile
        {
            Name = "loop",
            Stages =
            [
                new("candidates", new CandidatesOptions { Prompts = new PromptOptions { HeldOut = 0.4 } }),
                new("reward", new RewardOptions { Epochs = 3, LearningRate = 0.0042, Model = "/elsewhere" }),
                new("label", new LabelOptions()),
            ],
        };
        var pipeline = new PipelineRun { Name = "loop", Definition = definition.ToJson(), State = RunState.Succeeded, Created = At(0) };
        Run[] runs = [.. definition.Stages.Select((stage, i) => new Run
        {
            PipelineRunId = pipeline.Id,
            Kind = stage.Kind,
            Options = "{}",
            State = RunState.Succeeded,
            Created = At(i + 1),
            Result = stage.Kind == "reward" ? Result(0.99) : null,
        })];
        Checkpoint? checkpoint = policy is null ? null
            : new Checkpoint { Kind = CheckpointKind.Policy, Path = policy, Sha256 = "aa", Created = At(0) };
        await served.Database.WriteAsync(db =>
        {
            db.Add(pipeline);
            db.AddRange(runs);
            if (checkpoint is not null)
                db.Add(checkpoint);
            return Task.CompletedTask;
        }, Cancellation);
        var project = await new RunProjects(served.Database).OpenAsync(
            runs[^1].Id, new RunProject(name, 1, [Question.DefaultRanking]), Cancellation);
        var labeling = served.Services.GetRequiredService<LabelingService>();
        await labeling.AddTasksAsync(project, Enumerable.Range(0, 10).Select(i => new NewTask(LabelingService.Prompt($"prompt {i}"),
            [.. new[] { "a", "b" }.Select(text => NewCompletion.FromText(text) with { CheckpointId = checkpoint?.Id })])),
            cancellation: Cancellation);
        await AnswerAsync(labeling, project, rankings);
        return project;
    }

    public static async Task AnswerAsync(LabelingService labeling, Guid project, int most)
    {
        var annotator = await labeling.CreateAnnotatorAsync(simulated: false, cancellation: Cancellation);
        for (int i = 0; i < most; i++)
        {
            var task = (await labeling.LeaseNextAsync(annotator, project, cancellation: Cancellation))!;
            await labeling.SubmitAsync(
                annotator, task.AssignmentId, Answers.OfRanking(Answer.FromRanks([1, 2])), cancellation: Cancellation);
        }
    }

    /// <summary>The result of a reward run, as the stage writes it.</summary>
    public static string Result(double accuracy) => $$$"""
        {"heldOut":{"accuracy":{"value":{{{accuracy.ToString(CultureInfo.InvariantCulture)}}},"low":0.61,"high":0.9},"pairs":12},
        "trainRankings":8,"heldOutRankings":2,"gain":1,"bias":0,"training":{"trainingAccuracy":0.875,"heldOutLoss":"NaN"}}
        """;

    public static DateTimeOffset At(int minute) => new(2026, 11, 24, 9, minute, 0, TimeSpan.Zero);
}

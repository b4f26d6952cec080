using Rlhf.Core.Options;
using Rlhf.Definitions.Pipelines;
using Rlhf.Pipeline.Runs;
using Rlhf.Pipeline.Stages.Planning;
using Rlhf.Storage;
using Rlhf.Testing;

namespace Rlhf.Pipeline.Tests.Stages;

public sealed class StageInputsTests
{
    [Fact]
    public void Each_stage_takes_what_those_before_it_made()
    {
        using var place = new TemporaryFolder();
        var home = Home.Open(place.Path);
        var id = Guid.CreateVersion7();
        var prompts = new PromptOptions { Count = 7 };
        StageOptions[] options =
        [
            new CandidatesOptions { Model = "/models/start", Prompts = prompts, Seed = 5 },
            new CollectOptions(), new RewardOptions(), new PpoOptions(), new EvaluateOptions(),
        ];
        var pipeline = new PipelineFile
        {
            Name = "loop",
            Stages = [.. options.Zip(["candidates", "collect", "reward", "ppo", "evaluate"], (o, k) => new PipelineStage(k, o))],
        };
        AttemptFolder Run(int position) => new RunFolder(home.RunFolder(RunIds.ForStage(id, position))).Attempt(2);

        var inputs = StageInputs.ForStage(4, pipeline, Run).OverriddenBy("evaluate", options[4]);

        Assert.Equal("/models/start", inputs.Policy);
        Assert.Equal((prompts, 5UL), inputs.Prompts);
        Assert.Equal(Run(0).CandidatesFile, inputs.Candidates);
        Assert.Equal(Run(1).RankingsFile, inputs.Rankings);
        Assert.Equal("reviews", inputs.GoldReward);
        Assert.Equal(Run(2).ModelFolder, inputs.RewardModel);
        Assert.Equal(Run(3).ModelFolder, inputs.TrainedPolicy);
    }

    [Fact]
    public void A_later_round_starts_from_the_policy_that_the_round_before_has_trained()
    {
        using var place = new TemporaryFolder();
        var home = Home.Open(place.Path);
        var id = Guid.CreateVersion7();
        PipelineStage[] stages =
        [
            new("candidates", new CandidatesOptions { Model = "/models/start" }), new("label", new LabelOptions()),
            new("ppo", new PpoOptions()),
            new("candidates", new CandidatesOptions { Round = 2 }), new("label", new LabelOptions()), new("ppo", new PpoOptions()),
            new("candidates", new CandidatesOptions { Round = 3 }), new("label", new LabelOptions { Wait = false }),
            new("ppo", new PpoOptions()),
            new("evaluate", new EvaluateOptions()),
        ];
        var pipeline = new PipelineFile { Name = "rounds", Stages = stages };
        AttemptFolder Run(int position) => new RunFolder(home.RunFolder(RunIds.ForStage(id, position))).Attempt(1);
        StageInputs Of(int position) =>
            StageInputs.ForStage(position, pipeline, Run).OverriddenBy(stages[position].Kind, stages[position].Options);
        string first = Run(2).ModelFolder, second = Run(5).ModelFolder, third = Run(8).ModelFolder;

        Assert.Equal(("/models/start", null), (Of(0).Policy, Of(0).PreviousPolicy));
        Assert.Equal((first, "/models/start"), (Of(3).Policy, Of(3).PreviousPolicy));
        Assert.Equal((first, Run(4).RankingsFile), (Of(5).Policy, Of(5).Rankings));
        Assert.Equal((second, first), (Of(6).Policy, Of(6).PreviousPolicy));
        // A project that nobody waits for gives no rankings.
        Assert.Equal((second, Run(4).RankingsFile), (Of(8).Policy, Of(8).Rankings));
        Assert.Equal(("/models/start", third), (Of(9).StartPolicy, Of(9).TrainedPolicy));
        // The policy to compare with may be another.
        Assert.Equal("/other", StageInputs.ForStage(9, pipeline, Run)
            .OverriddenBy("evaluate", new EvaluateOptions { Model = "/other" }).StartPolicy);
    }

    [Fact]
    public void What_a_stage_names_itself_comes_first()
    {
        var inputs = new StageInputs(Policy: "/a", RewardModel: "/r", GoldReward: "reviews");
        Assert.Equal("/b", inputs.OverriddenBy("ppo", new PpoOptions { Model = "/b" }).Policy);
        Assert.Equal("/r", inputs.OverriddenBy("ppo", new PpoOptions()).RewardModel);
        Assert.Null(inputs.OverriddenBy("evaluate", new EvaluateOptions { GoldReward = "none" }).GoldReward);
        Assert.Null(inputs.OverriddenBy("collect", new CollectOptions { Data = "/data" }).GoldReward);
        Assert.Null(inputs.OverriddenBy("collect", new CollectOptions { Project = "x" }).GoldReward);
        Assert.Null(inputs.OverriddenBy("label", new LabelOptions()).GoldReward);
        Assert.Equal("reviews", inputs.OverriddenBy("label", new LabelOptions { Wait = false }).GoldReward);
    }
}

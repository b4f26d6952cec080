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
    public void What_a_stage_names_itself_comes_first()
    {
        var inputs = new StageInputs(Policy: "/a", RewardModel: "/r", GoldReward: "reviews");
        Assert.Equal("/b", inputs.OverriddenBy("ppo", new PpoOptions { Model = "/b" }).Policy);
        Assert.Equal("/r", inputs.OverriddenBy("ppo", new PpoOptions()).RewardModel);
        Assert.Null(inputs.OverriddenBy("evaluate", new EvaluateOptions { GoldReward = "none" }).GoldReward);
        Assert.Null(inputs.OverriddenBy("collect", new CollectOptions { Data = "/data" }).GoldReward);
    }
}

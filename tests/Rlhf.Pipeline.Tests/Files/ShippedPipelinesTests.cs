using Rlhf.Core.Options;
using Rlhf.Definitions.Pipelines;
using Rlhf.Pipeline.Runs;
using Rlhf.Pipeline.Stages;
using Rlhf.Testing;

namespace Rlhf.Pipeline.Tests.Files;

/// <summary>The pipeline files that come with the program.</summary>
public sealed class ShippedPipelinesTests
{
    private static string Folder => Path.Combine(SharedData.RepositoryRoot, "pipelines");

    public static TheoryData<string> Names =>
        [.. Directory.EnumerateFiles(Folder, "*.yaml").Select(f => Path.GetFileName(f)).Order(StringComparer.Ordinal)];

    [Theory]
    [MemberData(nameof(Names))]
    public void Each_file_can_be_read(string name)
    {
        // pretrain.yaml holds the options of one stage.
        if (name == "pretrain.yaml")
            Assert.NotNull(Definitions.OptionsFile.Bind<PretrainOptions>(Path.Combine(Folder, name), []));
        else
            Assert.NotEmpty(Load(name).Stages);
    }

    /// <summary>
    /// What was found to make the policy better: with 300 prompts of four completions, one epoch and the default coefficient the reward
    /// model stayed at chance and the policy became worse. That it becomes better is measured by tests/bars/stories.sh.
    /// </summary>
    [Fact]
    public void Stories_are_told_with_the_values_that_were_found()
    {
        var pipeline = Load("stories.yaml");
        T Options<T>(string kind) where T : StageOptions => (T)pipeline.Stages.Single(s => s.Kind == kind).Options;
        var candidates = Options<CandidatesOptions>(RunKinds.Candidates);
        Assert.Equal(("stories", 1000, 200, 8),
            (candidates.Prompts.Source, candidates.TrainPrompts, candidates.HeldOutPrompts, candidates.PerPrompt));
        Assert.Equal(("stories", 0.5), Options<CollectOptions>(RunKinds.Collect) is var collect
            ? (collect.Annotators.GoldReward, collect.Annotators.TieMargin) : default);
        Assert.Equal((3, 8, 1e-3), Options<RewardOptions>(RunKinds.Reward) is var reward
            ? (reward.Epochs, reward.BatchSize, reward.LearningRate) : default);
        Assert.Equal((30, 2, 3e-4, 0.1, 0.0), Options<PpoOptions>(RunKinds.Ppo) is var ppo
            ? (ppo.Updates, ppo.Epochs, ppo.LearningRate, ppo.KlCoefficient, ppo.MissingEosPenalty) : default);
        // Both are sampled alike: another temperature would be another policy.
        Assert.Equal(candidates.Sampling.Temperature, ppo.Temperature);
        Assert.Equal(candidates.Sampling.Temperature, Options<EvaluateOptions>(RunKinds.Evaluate).Sampling.Temperature);
    }

    private static PipelineFile Load(string name) =>
        PipelineFile.Load(Path.Combine(Folder, name), StageTable.Catalog.Options,
            name == "hh-rlhf.yaml" ? ["data=/some/pairs"] : ["model=/a/policy"]);
}

using Rlhf.Pipeline.Tests.Hub.Waiting;

namespace Rlhf.Pipeline.Tests.Stages.Options;

/// <summary>What an option is changed to, and where that must be felt.</summary>
/// <param name="Key">The option, as <c>--set</c> names it in a pipeline.</param>
/// <param name="Value">Another value than the scenario's.</param>
/// <param name="With">Further options, of both runs that are compared.</param>
/// <param name="Told">Felt in what the run tells and in its result, not in the model or file that it makes.</param>
internal sealed record OptionChange(string Key, string Value, string[] With, bool Told)
{
    public string Kind => Key[..Key.IndexOf('.', StringComparison.Ordinal)];

    public string Option => Key[(Kind.Length + 1)..];
}

/// <summary>
/// Every option of every stage with a change of it. A line is <c>key=value</c>, then <c>|</c> and the options that it needs beside it;
/// <c>~</c> before it where the change is told and makes no other file. @name is a file or folder of <see cref="OptionScenario"/>.
/// </summary>
internal static class OptionChanges
{
    /// <summary>The same for pretrain and sft.</summary>
    private const string LanguageModeling = """
        epochs=2
        maxSteps=1
        batchSize=3
        microBatchSize=1
        sequenceLength=16
        learningRate=0.01
        warmupShare=0
        finalLearningRateShare=0.9
        weightDecay=0.9
        beta1=0.5
        beta2=0.5
        epsilon=0.01
        maxGradientNorm=0.01
        heldOutShare=0.6
        ~evaluateEvery=1
        ~logEvery=1
        """;

    private const string Sampling = """
        sampling.temperature=0.2
        sampling.topK=2
        sampling.topP=0.2
        sampling.maxNewTokens=3
        sampling.greedy=true
        sampling.stopStrings=[a,e,i,o,n,t,s,r]
        """;

    private const string Prompts = """
        prompts.source=@other-prompts.txt
        prompts.count=6
        prompts.heldOut=0.7
        maxPromptTokens=3
        """;

    /// <summary>The same for every stage that a process computes.</summary>
    private const string Common = """
        device=cuda:64
        dtype=bf16
        ~threads=3
        """;

    /// <summary>Nothing is ranked, and nothing says how.</summary>
    private const string NotRanked = "candidates='' overlap=1 annotators={}";

    private const string Lines = $"""
        pretrain: {Common}
        pretrain: {LanguageModeling}
        pretrain.seed=4
        pretrain.corpus=@corpus.txt | corpus=@other-corpus.txt documents=20000
        pretrain.documents=5
        pretrain.vocabularySize=270
        pretrain.packing=false
        pretrain.model.hiddenSize=24
        pretrain.model.layers=2
        pretrain.model.heads=4
        pretrain.model.kvHeads=1
        pretrain.model.intermediateSize=32
        pretrain.model.maxPositions=48
        pretrain.model.tieWordEmbeddings=false

        sft: {Common}
        sft: {LanguageModeling}
        sft.seed=4
        sft.model=@policy-2
        sft.data=@texts.jsonl | data=@other-texts.jsonl documents=2000
        sft.documents=5
        sft.packing=true
        sft.completionOnlyLoss=false | data=@texts.jsonl documents=2000

        candidates: {Common}
        candidates: {Prompts}
        candidates: {Sampling}
        candidates.seed=4
        candidates.model=@policy-3
        candidates.sampling.ignoreEos=true | model=@policy-ending
        candidates.trainPrompts=2
        candidates.heldOutPrompts=1
        candidates.perPrompt=3
        ~candidates.batchSize=3
        candidates.round=3
        candidates.previousShare=0.5

        collect.seed=4
        collect.candidates=@other-candidates.jsonl
        collect.data=@pairs.jsonl | {NotRanked}
        collect.project=opened | {NotRanked}
        collect.maxBadShare=0.5 | {NotRanked} data=@damaged.jsonl
        collect.overlap=1
        collect.aggregation=majority
        collect.weights=@weights.jsonl
        collect.heldOut=0.8 | {NotRanked} data=@pairs.jsonl
        collect.annotators.goldReward=stories
        collect.annotators.count=2
        collect.annotators.errorRate=0.5
        collect.annotators.errorSpread=1
        collect.annotators.tieMargin=100
        collect.annotators.strengthScale=1000
        collect.annotators.strengthLevels=1
        collect.annotators.shuffleLabels=true

        label.candidates=@more-tasks.jsonl
        ~label.name=kinder
        ~label.question=pairwise
        ~label.text=Which?
        ~label.strengthLevels=3
        ~label.guidelines=Kindness
        label.overlap=1
        ~label.access=members
        ~label.leaseMinutes=7
        label.tasks=4
        label.wait=false
        ~label.until.annotations=3
        ~label.until.agreementWithin=1
        ~label.until.date=2026-01-01
        ~label.until.days=0.000000001
        label.aggregation=majority
        label.weights=@task-weights.jsonl
        label.heldOut=0.8
        ~label.round=2

        reward: {Common}
        reward.seed=4
        reward.model=@policy-2
        reward.rewardModel=@reward-3
        reward.rankings=@other-rankings.jsonl
        reward.epochs=2
        reward.maxSteps=1
        reward.batchSize=3
        reward.microBatchSize=1
        reward.maxLength=6
        reward.learningRate=0.01
        reward.warmupShare=0
        reward.weightDecay=0.9
        reward.beta1=0.5
        reward.beta2=0.5
        reward.epsilon=0.01
        reward.maxGradientNorm=0.01
        reward.ties=nothing
        reward.marginPerPlace=1
        reward.marginPerStrength=1
        reward.centering=1
        reward.heldOutShare=0.7
        reward.normalizationSamples=6
        ~reward.evaluateEvery=1
        ~reward.logEvery=1

        ppo: {Common}
        ppo: {Prompts}
        ppo.seed=4
        ppo.model=@policy-2
        ppo.rewardModel=@reward-1
        ppo.updates=3
        ppo.batchSize=5
        ppo.minibatches=1
        ppo.epochs=3
        ppo.microBatchSize=1
        ppo.maxNewTokens=3
        ppo.temperature=0.7
        ppo.learningRate=0.001
        ppo.criticLearningRate=0.1
        ppo.linearDecay=false
        ppo.criticWarmupUpdates=1
        ppo.beta1=0.5
        ppo.beta2=0.5
        ppo.epsilon=0.01
        ppo.weightDecay=0.9
        ppo.maxGradientNorm=0.01
        ppo.klCoefficient=1
        ppo.klTarget=0.1
        ppo.klHorizon=10 | klTarget=0.1
        ppo.klEstimator=k2
        ppo.klPlacement=loss | klEstimator=k2
        ppo.missingEosPenalty=9
        ppo.missingEos=set
        ppo.whitenRewards=true
        ppo.gamma=0.5
        ppo.lambda=0.2
        ppo.clipRange=0.001
        ppo.clipRangeHigh=0.001
        ppo.dualClip=1.001
        ppo.clipRangeValue=0.001
        ppo.valueCoefficient=3
        ppo.aggregation=sequenceMeanTokenSum
        ppo.stopAtApproxKl=0.00000001
        ppo.ptxCoefficient=5 | ptxCoefficient=1 ptxText=@corpus.txt
        ppo.ptxText=@other-corpus.txt | ptxCoefficient=1 ptxText=@corpus.txt
        ppo.emaDecay=0.9
        ~ppo.evaluateEvery=0
        ~ppo.evaluationPrompts=1

        evaluate: {Common}
        evaluate: {Prompts}
        evaluate: {Sampling}
        evaluate.seed=4
        evaluate.model=@policy-3
        evaluate.policy=@policy-3
        ~evaluate.rewardModel=@reward-1
        evaluate.goldReward=none
        evaluate.heldOutPrompts=1
        evaluate.perPrompt=1
        evaluate.sampling.ignoreEos=true | policy=@policy-ending
        ~evaluate.batchSize=2
        ~evaluate.resamples=100
        ~evaluate.reportSamples=2
        """;

    /// <summary>Options of more than one stage, and those that are filled in together, with the test that sets them.</summary>
    private static readonly (string Key, string Test)[] OfSeveralStages =
    [
        ("label.earlierRounds",
            nameof(LabelStageTests.A_later_round_has_the_rankings_of_the_earlier_ones_unless_it_is_told_otherwise)),
        ("label.template", nameof(LabelStageTests.A_template_says_what_is_asked_and_the_stage_may_say_more)),
        ("label.templateText", nameof(LabelStageTests.A_template_says_what_is_asked_and_the_stage_may_say_more)),
    ];

    public static IReadOnlyList<OptionChange> All { get; } = [.. Read()];

    /// <summary>Options that no change is made of here.</summary>
    public static IReadOnlyList<string> Excepted { get; } = [.. OfSeveralStages.Select(o => o.Key)];

    private static IEnumerable<OptionChange> Read()
    {
        string kind = "";
        foreach (string text in Lines.Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            // "pretrain: device=…": this line and those behind it, up to one that names its stage itself.
            string line = text;
            if (line.Split(": ") is [var named, var first])
                (kind, line) = (named, first);
            bool told = line[0] == '~';
            line = line.TrimStart('~');
            string[] parts = line.Split(" | ");
            string[] change = parts[0].Split('=', 2);
            string key = StageKinds.Any(k => change[0].StartsWith(k + ".", StringComparison.Ordinal)) ? change[0] : $"{kind}.{change[0]}";
            yield return new OptionChange(key, change[1], parts.Length > 1 ? parts[1].Split(' ') : [], told);
        }
    }

    private static IEnumerable<string> StageKinds => Pipeline.Stages.StageTable.All.Select(s => s.Kind);
}

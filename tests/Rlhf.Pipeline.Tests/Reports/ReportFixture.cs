using Rlhf.Core.Randomness;
using Rlhf.Pipeline.Reports;

namespace Rlhf.Pipeline.Tests.Reports;

/// <summary>A run as it could have been: every part of the report is there.</summary>
internal static class ReportFixture
{
    /// <summary>Text that would run, end the page's blocks, or be read backwards if any of it were taken as anything but text.</summary>
    public const string Hostile =
        "</script><script>window.hostile = 1</script><img src=x onerror=\"window.hostile = 2\">{{ page.title }}"
        + "{% raw %}\u2028\u2029'\"&amp;<!-- \u202e<b>bold</b>";

    public static ReportData Quickstart(int updates = 60, ulong seed = 17)
    {
        var stream = new RandomStream(seed, "report fixture");
        double Noise(int series, int step) => stream.Uniform((uint)series, (uint)step, 0, 0) - 0.5;
        double Part(int update) => 1 - Math.Exp(-3.0 * update / updates);
        Curve Over(string name, Func<int, double> value) =>
            new(name, [.. Enumerable.Range(1, updates).Select(u => new CurvePoint(u, value(u)))]);

        double Kl(int u) => 12.5 * Part(u) + 0.9 * Noise(1, u);
        double Score(int u) => 2.6 * Part(u) + 0.35 * Noise(2, u);
        double Beta(int u) => 0.05 + 0.0004 * u;
        Curve[] ppo =
        [
            Over("objective/scores", Score),
            Over("objective/rlhf_reward", u => Score(u) - Beta(u) * Kl(u)),
            Over("objective/kl", Kl),
            Over("objective/non_score_reward", u => -Beta(u) * Kl(u)),
            Over("objective/entropy", u => 62 - 14 * Part(u) + 3 * Noise(3, u)),
            Over("policy/approxkl_avg", u => 0.004 + 0.003 * Noise(4, u)),
            Over("policy/clipfrac_avg", u => 0.09 + 0.04 * Noise(5, u)),
            Over("loss/policy_avg", u => -0.012 + 0.01 * Noise(6, u)),
            Over("loss/value_avg", u => 0.6 * Math.Exp(-u / 12.0) + 0.06 * (Noise(7, u) + 0.5)),
            Over("val/explained_variance", u => 0.75 * Part(u) + 0.1 * Noise(8, u)),
            Over("val/ratio", u => 1 + 0.002 * Noise(9, u)),
            Over("val/num_eos_tokens", u => Math.Round(120 + 8 * Noise(10, u))),
            Over("lr", u => 3e-5 * (1 - (double)(u - 1) / updates)),
            Over("beta", Beta),
        ];
        Curve[] reward =
        [
            new("loss/train", [.. Enumerable.Range(1, 5 * updates / 2)
                .Select(s => new CurvePoint(s, 0.42 + 0.29 * Math.Exp(-s / 30.0) + 0.08 * Noise(20, s)))]),
            new("accuracy/train", [.. Enumerable.Range(1, 5 * updates / 2)
                .Select(s => new CurvePoint(s, 0.82 - 0.3 * Math.Exp(-s / 25.0) + 0.06 * Noise(21, s)))]),
            new("margin/train", [.. Enumerable.Range(1, 5 * updates / 2)
                .Select(s => new CurvePoint(s, 1.6 - 1.5 * Math.Exp(-s / 40.0) + 0.2 * Noise(22, s)))]),
            new("evaluation/loss", [.. Enumerable.Range(0, 4).Select(i => new CurvePoint(i * 5 * updates / 6, 0.7 - 0.08 * i))]),
            new("evaluation/accuracy", [.. Enumerable.Range(0, 4).Select(i => new CurvePoint(i * 5 * updates / 6, 0.5 + 0.1 * i))]),
        ];
        CalibrationBin[] bins =
        [
            new(0.54, 0.52, 0.44, 0.60, 150), new(0.61, 0.63, 0.55, 0.70, 150), new(0.69, 0.68, 0.60, 0.75, 150),
                new(0.76, 0.79, 0.72, 0.85, 150),
            new(0.83, 0.82, 0.75, 0.87, 150), new(0.89, 0.84, 0.77, 0.89, 150), new(0.93, 0.86, 0.80, 0.91, 150),
                new(0.97, 0.87, 0.81, 0.91, 149),
        ];
        return new ReportData(
            "quickstart", seed, new DateTimeOffset(2026, 11, 24, 9, 30, 0, TimeSpan.Zero),
            "pipelines/policy", "runs/0193-ppo/model", "runs/0193-reward/model",
            new RewardReport(new Estimate(0.812, 0.789, 0.834), 0.841, new Estimate(0.487, 0.458, 0.516), 0.031, bins, 1199, 300),
            new EvaluationReport("story", new Estimate(0.862, 0.831, 0.893), new Estimate(11.96, 11.6, 12.3), -0.31, 0.84, 0.02, 2.57, 0.48,
                0.41, 0.994, 0.981,
                new LengthSummary(41.3, 27, 58, 0.97), new LengthSummary(37.8, 25, 52, 0.99), 400, 1600, Samples()),
            ppo, reward,
            [.. Enumerable.Range(1, updates).Select(u => new CurvePoint(Math.Sqrt(Math.Max(0, Kl(u))), Score(u)))],
            [.. Enumerable.Range(0, 7).Select(i => 10 * i).Select(u => new CurvePoint(Math.Sqrt(12.5 * Part(u)), -0.31 + 1.15 * Part(u)))],
            [
                Stage("candidates", 1, 31.4, 612_000_000), Stage("collect", 2, 2.1, 0), Stage("reward", 3, 48.9, 1_100_000_000),
                Stage("ppo", 4, 96.2, 1_930_000_000), Stage("evaluate", 5, 14.7, 840_000_000),
            ],
            196.4, 1_930_000_000,
            new Dictionary<string, string>
            {
                ["CPU"] = "Example CPU, AVX2",
                ["threads"] = "2",
                ["libtorch"] = "2.10.0 (cpu)",
                ["rlhf"] = "0.1.0",
                ["system"] = "Linux x64",
                ["device"] = "cpu, fp32",
            },
            "name: quickstart\nseed: 17\nstages:\n  candidates:\n    prompts: 1500\n    completions: 4\n"
                + "  reward:\n    epochs: 1\n  ppo:\n    updates: 60\n")
        {
            Annotators = new AnnotatorReport(5, Simulated: true, 0.15, 1500),
            Command = "rlhf quickstart --seed 17",
            ModelHashes = new Dictionary<string, string>
            {
                ["pipelines/policy"] = "9f2c6d0f3f0b4b7a9d6c1b1c58a7c5b0d3a47d8f5a2a7d4f8e6c3b1a09f8e7d6",
                ["runs/0193-ppo/model"] = "17ac0e2d5f6b8a9c0d1e2f3a4b5c6d7e8f90a1b2c3d4e5f60718293a4b5c6d7e",
            },
        };
    }

    /// <summary>A run with no stage that left a result.</summary>
    public static ReportData Empty() => new(
        "nothing", 1, DateTimeOffset.UnixEpoch, "", null, null, null, null, [], [], [], [], [], 0, 0, new Dictionary<string, string>(), "");

    /// <summary>The run with the hostile text wherever a person or a policy could put it.</summary>
    public static ReportData HostileRun(int updates = 60)
    {
        var data = Quickstart(updates);
        return data with
        {
            Title = Hostile,
            StartPolicy = Hostile,
            DefinitionYaml = Hostile,
            Command = Hostile,
            Environment = new Dictionary<string, string> { [Hostile] = Hostile },
            Evaluation = data.Evaluation! with
            {
                GoldReward = Hostile,
                Samples = [new SampleRow(Hostile, Hostile, Hostile + new string('x', 400), -1, 1, 0, double.NaN)],
            },
            PpoCurves = [.. data.PpoCurves,
                new Curve(Hostile, [new CurvePoint(1, 1), new CurvePoint(2, double.NaN), new CurvePoint(3, 2)])],
        };
    }

    private static StageReport Stage(string kind, int number, double seconds, long peak) =>
        new(kind, new Guid($"0193a0c0-0000-7000-8000-00000000000{number}"), seconds, peak, $"runs/0193-{kind}");

    private static SampleRow[] Samples() =>
    [
        new("The harbour café on a rainy evening.", "The soup was warm. The soup was warm and the bread was warm.",
            "The soup came hot, and the waiter found us a table by the window while the rain ran down the glass. I would go again.", -0.42,
            1.31, -0.1, 2.9),
        new("A night train through the mountains.", "The train was late and the seats were hard. Nobody said why.",
            "The bed was narrow but clean, and at six the guard knocked with coffee as the peaks turned pink.", -0.77, 1.02, -0.6, 2.4),
        new("The second-hand bicycle.", "It has two wheels. It is a bicycle. The color is green.",
            "The chain squeaked for a week; a drop of oil, and now it carries me to work without a sound.", -0.12, 0.91, 0.2, 2.2),
        new("A museum of clocks.", "Every room ticks at its own pace, and the keeper knows each clock by name.",
            "Every room ticks. Lovely, and the keeper is lovely.", 0.95, 0.33, 1.1, 1.9),
        new("The village bakery.", "Bread.", "The rye was dark and still warm, and they cut it thick.", -1.2, 0.7, -1.3, 1.8),
        new("A walk along the old canal.", "We walked. It was far.\nThen it was over.",
            "Herons stood in the reeds,\nand the lock-keeper waved us across.", -0.5, 0.88, -0.2, 2.1),
        new("The school play.", "The play was long.", "The wolf forgot his words, and the whole hall helped him.", -0.3, 1.2, 0.0, 2.6),
        new("A tent in the wind.", "The tent fell down.", "The tent fell down.", -0.2, -0.2, 0.1, 0.1),
    ];
}

using Rlhf.Core.Options;
using Rlhf.Core.Randomness;
using Rlhf.Models;
using Rlhf.Statistics.Calibration;
using Rlhf.Training.Sft;
using static TorchSharp.torch;

namespace Rlhf.Training.Tests.Oracles;

/// <summary>
/// What a training on fixed data came to: everything that it reports but time, in order, the weights at the end, and the tokens trained on.
/// </summary>
internal sealed record EpochOutcome(
    List<(int Step, Dictionary<string, double> Values)> Reports, Dictionary<string, double[]> Weights, long Tokens)
{
    /// <summary>fp32 against fp64.</summary>
    private const double Tolerance = 1e-4;

    public void AssertEqual(EpochOutcome actual)
    {
        Assert.Equal(Tokens, actual.Tokens);
        Assert.Equal(Reports.Select(r => r.Step), actual.Reports.Select(r => r.Step));
        foreach (var ((step, want), (_, got)) in Reports.Zip(actual.Reports))
        {
            Assert.Equal(want.Keys.Order(StringComparer.Ordinal), got.Keys.Order(StringComparer.Ordinal));
            foreach (var (name, value) in want)
                Assert.True(Math.Abs(value - got[name]) <= Tolerance * Math.Max(1, Math.Abs(value)), $"step {step}: {name} "
                    + $"is {got[name]:R}, expected {value:R}");
        }
        foreach (var (name, values) in Weights)
        {
            for (int i = 0; i < values.Length; i++)
                Assert.True(Math.Abs(values[i] - actual.Weights[name][i]) <= Tolerance, $"{name}[{i}] is {actual.Weights[name][i]:R}, "
                    + $"expected {values[i]:R}");
        }
    }

    /// <summary>Whether anything is apart by ten times what passes as equal.</summary>
    public bool Differs(EpochOutcome other) =>
        !Reports.Select(r => r.Step).SequenceEqual(other.Reports.Select(r => r.Step))
        || Reports.Zip(other.Reports)
        .Any(p => p.First.Values.Any(v => !p.Second.Values.TryGetValue(v.Key, out double x) || Math.Abs(v.Value - x) > 10 * Tolerance))
        || Weights.Any(w => w.Value.Zip(other.Weights[w.Key]).Any(p => Math.Abs(p.First - p.Second) > 10 * Tolerance));
}

/// <summary>
/// Training on fixed data in plain loops and fp64: of Rlhf.Training it uses the plan of the batches, and nothing of its numerics.
/// </summary>
internal static class EpochOracle
{
    public static EpochOutcome TrainReward(
        RewardOptions o, ScalarModel start, IReadOnlyList<TokenizedRanking> rankings, IReadOnlyList<TokenizedRanking> heldOut)
    {
        using ScalarModel model = OracleModels.InDouble(start);
        int most = o.MaxLength > 0 ? o.MaxLength : model.Config.MaxPositions;
        (int[] Prompt, int[] Completion) Fit(TokenizedRanking r, int i) => Cut(r.Prompt, r.Completions[i], most, model.Config.BosId);
        int[] Text(TokenizedRanking r, int i) => [.. Fit(r, i).Prompt, .. Fit(r, i).Completion];
        List<(double Lead, double? Strength, int Longer)> seen = [];

        // One ranking: the sum over its pairs of different texts, divided by all C(K,2).
        Tensor Loss(TokenizedRanking r, bool plain)
        {
            int k = r.Completions.Count;
            Tensor sum = zeros([], ScalarType.Float64);
            Tensor[] scores = [.. Enumerable.Range(0, k).Select(i => OracleModels.Outputs(model, Text(r, i))[-1])];
            for (int i = 0; i < k; i++)
            {
                for (int j = i + 1; j < k; j++)
                {
                    if (Text(r, i).SequenceEqual(Text(r, j)))
                        continue;
                    var (better, worse) = r.Ranks[i] <= r.Ranks[j] ? (i, j) : (j, i);
                    Tensor lead = scores[better] - scores[worse];
                    double margin = plain ? 0
                        : (o.MarginPerPlace + o.MarginPerStrength * (r.Strength ?? 0)) * Math.Abs(r.Ranks[i] - r.Ranks[j]);
                    Tensor LogSigmoid(Tensor x) => -((-x).exp() + 1).log();
                    if (r.Ranks[i] != r.Ranks[j])
                    {
                        sum = sum - LogSigmoid(lead - margin);
                        seen.Add((lead.item<double>(), r.Strength, Fit(r, better).Completion.Length - Fit(r, worse).Completion.Length));
                    }
                    else if (o.Ties == TieLoss.Half)
                        sum = sum - (LogSigmoid(lead) + LogSigmoid(-lead)) / 2;
                    if (!plain)
                        sum = sum + o.Centering * (scores[i] + scores[j]) * (scores[i] + scores[j]);
                }
            }
            return sum * (r.Weight / (k * (k - 1) / 2));
        }
        Dictionary<string, double> Report()
        {
            var numbers = new Dictionary<string, double>
            {
                ["accuracy/train"] = seen.Average(s => s.Lead > 0 ? 1.0 : 0.0),
                ["margin/train"] = seen.Average(s => s.Lead)
            };
            seen.Clear();
            return numbers;
        }
        Dictionary<string, double> Evaluate()
        {
            using var scope = NewDisposeScope();
            var before = seen.ToList();
            seen.Clear();
            var numbers = new Dictionary<string, double>
            {
                ["evaluation/loss"] = heldOut.Sum(r => Loss(r, plain: true).item<double>()) / heldOut.Sum(r => r.Weight),
                ["evaluation/accuracy"] = seen.Average(s => s.Lead > 0 ? 1.0 : 0.0),
                ["evaluation/margin"] = seen.Average(s => s.Lead),
                ["evaluation/length_difference"] = seen.Average(s => s.Longer),
                ["evaluation/calibration_error"] = MarginCalibration.Curve([.. seen.Select(s => s.Lead)]).ExpectedError!.Value,
            };
            foreach (var group in seen.Where(s => s.Strength is not null).GroupBy(s => s.Strength))
                numbers[$"evaluation/accuracy/strength_{group.Key}"] = group.Average(s => s.Lead > 0 ? 1.0 : 0.0);
            seen = before;
            return numbers;
        }
        long tokens = 0;
        List<(int, Dictionary<string, double>)> reports = Loop(model, o, new RandomStream(o.Seed, "shuffle/rankings"),
            _ => [.. rankings.Select(r => Enumerable.Range(0, r.Completions.Count).Max(i => Text(r, i).Length))],
            batch => tokens += batch.Sum(n => Enumerable.Range(0, rankings[n].Completions.Count).Sum(i => Text(rankings[n], i).Length)),
            batch => batch.Select(i => Loss(rankings[i], plain: false)).Aggregate((a, b) => a + b) / batch.Sum(i => rankings[i].Weight),
            Report, Evaluate);
        return new EpochOutcome(reports, OracleModels.WeightsOf(model), tokens);
    }

    public static EpochOutcome TrainSft(SftOptions o, CausalLm start, IReadOnlyList<TokenizedText> texts)
    {
        using CausalLm model = OracleModels.InDouble(start);
        var (rows, heldOut) = Batches.Split(texts, o.HeldOutShare, o.Seed);
        TokenizedText Fit(TokenizedText text)
        {
            var (prompt, completion) = Cut(text.Prompt, text.Completion, o.SequenceLength, model.Config.BosId);
            return new TokenizedText(prompt, completion);
        }
        IReadOnlyList<Sequence> Sequenced(IEnumerable<TokenizedText> some) =>
            o.Packing ? Sequences.Packed(some, o.SequenceLength, o.CompletionOnlyLoss)
            : Sequences.OnePerText(some.Select(Fit), o.SequenceLength, o.CompletionOnlyLoss);
        IReadOnlyList<Sequence> epoch = [];
        Tensor Sum(Sequence s)
        {
            Tensor all = OracleModels.LogSoftmax(model, s.Ids, 1), sum = zeros([], ScalarType.Float64);
            for (int t = 1; t < s.Ids.Length; t++)
                sum = s.IsTarget[t] ? sum - all[t - 1, s.Ids[t]] : sum;
            return sum;
        }
        Dictionary<string, double> Evaluate()
        {
            using var scope = NewDisposeScope();
            return new()
            {
                ["loss/evaluation"] = Sequenced(heldOut).Sum(s => Sum(s).item<double>())
                    / Sequenced(heldOut).Sum(s => s.IsTarget.Count(t => t))
            };
        }
        long tokens = 0;
        List<(int, Dictionary<string, double>)> reports = Loop(model, o, new RandomStream(o.Seed, "shuffle/sequences"),
            number =>
            {
                epoch = Sequenced(new RandomStream(o.Seed, "shuffle/texts").Permutation(rows.Count, (uint)number).Select(i => rows[i]));
                return [.. epoch.Select(s => s.Ids.Length)];
            },
            batch => tokens += batch.Sum(i => epoch[i].Ids.Length),
            batch => batch.Select(i => Sum(epoch[i])).Aggregate((a, b) => a + b) / batch.Sum(i => epoch[i].IsTarget.Count(t => t)), () =>
            [], heldOut.Count > 0 ? Evaluate : null);
        return new EpochOutcome(reports, OracleModels.WeightsOf(model), tokens);
    }

    /// <summary>
    /// The prompt loses its beginning, but not a BOS at its start, down to one token; then the completion loses its end.
    /// </summary>
    private static (int[] Prompt, int[] Completion) Cut(int[] prompt, int[] completion, int most, int? bosId)
    {
        List<int> before = [.. prompt], after = [.. completion];
        while (before.Count + after.Count > most && before.Count > 1)
            before.RemoveAt(before[0] == bosId ? 1 : 0);
        while (before.Count + after.Count > most)
            after.RemoveAt(after.Count - 1);
        return ([.. before], [.. after]);
    }

    private static List<(int, Dictionary<string, double>)> Loop(nn.Module model, IEpochOptions o, RandomStream shuffle,
        Func<int, int[]> lengthsOfEpoch, Action<int[]> count, Func<int[], Tensor> loss, Func<Dictionary<string, double>> report,
        Func<Dictionary<string, double>>? evaluate)
    {
        var adam = new OracleAdam(model, o.Beta1, o.Beta2, o.Epsilon, o.WeightDecay);
        List<(int, Dictionary<string, double>)> reports = [];
        List<double> losses = [], norms = [];
        int perEpoch = (int)Math.Ceiling(lengthsOfEpoch(0).Length / (double)o.BatchSize), total = perEpoch * o.Epochs, step = 0;
        total = o.MaxSteps > 0 ? Math.Min(total, o.MaxSteps) : total;
        double warmup = Math.Round(o.WarmupShare * total);
        for (int epoch = 0; step < total; epoch++)
        {
            foreach (int[] batch in Batches.Shuffled(lengthsOfEpoch(epoch), o.BatchSize, shuffle, epoch))
            {
                if (step == total)
                    break;
                using var scope = NewDisposeScope();
                count(batch);
                Tensor mean = loss(batch);
                mean.backward();
                double factor = step < warmup ? step / warmup
                    : o.FinalLearningRateShare + (1 - o.FinalLearningRateShare) * (1 + Math.Cos(
                        Math.PI * (step - warmup) / (total - warmup))) / 2;
                losses.Add(mean.item<double>());
                norms.Add(adam.Step(o.LearningRate * factor, o.MaxGradientNorm));
                step++;
                if (step % o.LogEvery == 0 || step == total)
                {
                    reports.Add((step, new(report())
                    {
                        ["loss/train"] = losses.Average(),
                        ["gradient_norm"] = norms.Average(),
                        ["lr"] = o.LearningRate * factor,
                        ["epoch"] = (double)step / perEpoch,
                    }));
                    losses.Clear();
                    norms.Clear();
                }
                if (evaluate is not null && o.EvaluateEvery > 0 && step % o.EvaluateEvery == 0 && step < total)
                    reports.Add((step, evaluate()));
            }
        }
        if (evaluate is not null)
            reports.Add((step, evaluate()));
        return reports;
    }
}

using System.Text.Json;
using CsCheck;
using Rlhf.Core.Randomness;
using Rlhf.Statistics.Sequential;

namespace Rlhf.Statistics.Tests.Sequential;

public sealed class ConfidenceSequenceTests
{
    [Fact]
    public void Agree_with_the_formulas_at_40_digits()
    {
        foreach (var (name, inputs, options, outputs) in Golden.Cases("anytime_valid"))
        {
            double confidence = 1 - options.GetProperty("alpha").GetDouble();
            if (options.Member("a") is null)
                Hedged(name, new HedgedCapital(inputs.GetProperty("outcomes").Numbers(), confidence), options, outputs);
            else
                Mixture(name, new BetaBinomialMixture(options.GetProperty("a").GetDouble(), options.GetProperty("b").GetDouble()),
                    inputs, options, outputs, confidence);
        }
    }

    private static void Mixture(string name, BetaBinomialMixture mixture, JsonElement inputs, JsonElement options, JsonElement outputs,
        double confidence)
    {
        double p = options.Member("null")?.GetDouble() ?? 0.5;
        if (inputs.Member("outcomes") is { } outcomes)
        {
            var running = mixture.Running(outcomes.Integers(), confidence).ToList();
            foreach (var step in outputs.GetProperty("steps").EnumerateArray())
            {
                int n = step.GetProperty("n").GetInt32();
                At($"{name}, {n}", mixture, step.GetProperty("successes").GetInt32(), n, p, step, confidence);
                Golden.Equal(step.GetProperty("running_intersection"), running[n - 1], $"{name}, {n}, running", 1e-8);
            }
            return;
        }
        At(name, mixture, inputs.GetProperty("successes").GetInt32(), inputs.GetProperty("n").GetInt32(), p, outputs, confidence);
    }

    private static void At(string what, BetaBinomialMixture mixture, int successes, int n, double p, JsonElement expected,
        double confidence)
    {
        double evidence = mixture.LogEvidence(successes, n, p);
        Golden.Equal(expected.GetProperty("log_e_value_p_half"), evidence, what);
        if (expected.Member("e_value_p_half") is { } value)
            Golden.Equal(value, Math.Exp(evidence), what);
        Golden.Equal(expected.GetProperty("interval"), mixture.Compute(successes, n, confidence), what, 1e-8);
    }

    private static void Hedged(string name, HedgedCapital capital, JsonElement options, JsonElement outputs)
    {
        double m = options.GetProperty("m").GetDouble();
        var bets = outputs.GetProperty("bets_uncapped");
        Golden.AllEqual(bets, [.. capital.Bets.Take(bets.GetArrayLength())], name + ", bets", 1e-9);
        Golden.Equal(outputs.GetProperty("capital_plus_m_half"), Math.Exp(capital.LogCapitalAbove(m)), name);
        Golden.Equal(outputs.GetProperty("capital_minus_m_half"), Math.Exp(capital.LogCapitalBelow(m)), name);
        Golden.AllEqual(outputs.GetProperty("hedged_capital_path_m_half"), capital.Evidence(m), name + ", path", 1e-9);
        Golden.Equal(outputs.GetProperty("e_value_m_half"), capital.Evidence(m)[^1], name);
        Golden.Equal(outputs.GetProperty("interval"), capital.Interval(), name, 1e-8);
    }

    [Fact]
    public void Swapping_the_sides_mirrors_the_intervals() =>
        Gen.Int[0, 2].Array[0, 30].Sample(twice =>
        {
            var one = new HedgedCapital(twice.Select(x => x / 2.0)).Interval();
            var other = new HedgedCapital(twice.Select(x => 1 - x / 2.0)).Interval();
            int wins = twice.Count(x => x == 2), decided = twice.Count(x => x != 1);
            var mixture = new BetaBinomialMixture();
            var (mine, theirs) = (mixture.Compute(wins, decided), mixture.Compute(decided - wins, decided));
            return Math.Abs(one.Low!.Value - (1 - other.High!.Value)) < 1e-9 && one.Low <= one.High
                && Math.Abs(mine.Low!.Value - (1 - theirs.High!.Value)) < 1e-9 && (decided > 0 || mine.WhyUndefined is not null);
        });

    [Fact]
    public void Looking_after_every_outcome_misses_the_rate_no_more_often_than_said()
    {
        // 400 sequences of 100 fair coins: at most 5 % may ever leave ½ outside (20, and 2 standard deviations more).
        var stream = new RandomStream(2, "coins");
        int missed = Enumerable.Range(0, 400).Count(s => new BetaBinomialMixture()
            .Running(Enumerable.Range(0, 100).Select(i => stream.Below(2, (uint)s, (uint)i)))
            .Any(interval => interval.Low is null || interval.Low > 0.5 || interval.High < 0.5));
        Assert.InRange(missed, 0, 29);
    }

    [Fact]
    public void What_is_no_outcome_is_refused()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => new BetaBinomialMixture().Running([2]).Count());
        Assert.Throws<ArgumentOutOfRangeException>(() => new HedgedCapital([1.5]));
    }
}

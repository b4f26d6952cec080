using System.Text.Json;
using Rlhf.Statistics.Intervals;

namespace Rlhf.Statistics.Tests.Intervals;

public sealed class ProportionTests
{
    [Fact]
    public void Intervals_agree_with_statsmodels()
    {
        foreach (var (name, inputs, options, outputs) in Golden.Cases("proportion_intervals"))
        {
            double successes = inputs.GetProperty("successes").GetDouble(), count = inputs.GetProperty("n").GetDouble();
            double confidence = options.GetProperty("confidence").GetDouble();
            Compare(name, outputs, "agresti_coull", ProportionIntervals.AgrestiCoull(successes, count, confidence));
            Compare(name, outputs, "wald", ProportionIntervals.Wald(successes, count, confidence));
            if (successes != Math.Floor(successes))
                continue;
            Compare(name, outputs, "clopper_pearson", ProportionIntervals.ClopperPearson((int)successes, (int)count, confidence));
            Compare(name, outputs, "jeffreys", ProportionIntervals.Jeffreys((int)successes, (int)count, confidence));
        }
    }

    [Fact]
    public void Differences_agree_with_statsmodels()
    {
        foreach (var (name, inputs, options, outputs) in Golden.Cases("proportion_difference"))
        {
            double a = inputs.GetProperty("a").GetDouble(), countA = inputs.GetProperty("n_a").GetDouble();
            double b = inputs.GetProperty("b").GetDouble(), countB = inputs.GetProperty("n_b").GetDouble();
            double confidence = options.GetProperty("confidence").GetDouble();
            var newcombe = ProportionDifference.Newcombe(a, countA, b, countB, confidence);
            Golden.Equal(outputs.GetProperty("difference"), newcombe.Value, name);
            Assert.Equal(newcombe.Value is null, newcombe.WhyUndefined is not null);
            Compare(name, outputs, "newcombe", newcombe);
            Compare(name, outputs, "agresti_caffo", ProportionDifference.AgrestiCaffo(a, countA, b, countB, confidence));
            Compare(name, outputs, "wald", ProportionDifference.Wald(a, countA, b, countB, confidence));
        }
    }

    private static void Compare(string name, JsonElement outputs, string key, Interval actual)
    {
        if (outputs.Member(key) is { } expected)
            Golden.Equal(expected, actual, $"{name}, {key}");
    }
}

using System.Text.Json;
using CsCheck;
using Rlhf.Core.Randomness;
using Rlhf.Statistics.Agreement;

namespace Rlhf.Statistics.Tests.Agreement;

public sealed class PercentAgreementTests
{
    private static readonly RandomStream Stream = new(3, "agreement");

    [Fact]
    public void Agrees_with_statsmodels()
    {
        foreach (var (name, inputs, options, outputs) in Golden.Cases("agreement_and_bias"))
        {
            double confidence = options.GetProperty("confidence").GetDouble();
            if (inputs.Member("tasks_by_annotators") is { } rows)
                Tasks(name, rows, confidence, outputs);
            else
                Position(name, inputs, confidence, outputs);
        }
    }

    private static void Tasks(string name, JsonElement rows, double confidence, JsonElement outputs)
    {
        double[][] tasks = [.. rows.RowsWithGaps().Select(row => row.OfType<double>().ToArray())];
        var actual = PercentAgreement.Compute(tasks, confidence);
        Assert.Equal(outputs.GetProperty("pairs").GetInt64(), actual.Pairs);
        Assert.Equal(outputs.GetProperty("agreeing_pairs").GetInt64(), actual.AgreeingPairs);
        Assert.Equal(outputs.GetProperty("tasks_used").GetInt32(), actual.TasksUsed);
        Golden.Equal(outputs.GetProperty("percent_agreement"), actual.OverPairs.Value, name);
        Golden.Equal(outputs.GetProperty("wilson95_over_pairs"), actual.OverPairs, name);
        Golden.Equal(outputs.GetProperty("mean_of_task_agreement"), actual.MeanOfTasks, name);
        Assert.Equal(actual.Pairs == 0, actual.OverPairs.WhyUndefined is not null);
    }

    private static void Position(string name, JsonElement inputs, double confidence, JsonElement outputs)
    {
        var actual = PositionBias.Compute(inputs.GetProperty("first_shown_wins").GetInt32(), inputs.GetProperty("decided").GetInt32(),
            confidence);
        Golden.Equal(outputs.GetProperty("share"), actual.Share.Value, name);
        Golden.Equal(outputs.GetProperty("odds"), actual.Odds.Value, name + ", odds");
        Golden.Equal(outputs.GetProperty("odds_ci95_from_wilson"), actual.Odds, name + ", odds");
        Golden.Equal(outputs.GetProperty("two_sided_sign_test_p"), actual.PValue, name + ", sign test");
    }

    [Fact]
    public void Two_annotators_get_Wilson_and_three_the_bootstrap_over_tasks()
    {
        string[][] two = [["a", "a"], ["a", "b"], ["b", "b"]], three = [["a", "a", "a"], ["a", "b", "c"], ["a", "a", "a"], ["b", "b", "c"]];
        Assert.Equal(PercentAgreement.Compute(two).OverPairs, PercentAgreement.WithInterval(two, Stream));
        var clustered = PercentAgreement.WithInterval(three, Stream);
        Assert.Equal(7.0 / 12, clustered.Value!.Value, 1e-12);
        Assert.True(clustered.Low < PercentAgreement.Compute(three).OverPairs.Low,
            "pairs of one task say less than as many pairs of different tasks");
    }

    [Fact]
    public void The_order_of_tasks_and_of_answers_does_not_matter() =>
        Gen.Int[0, 2].Array[0, 4].Array[1, 12].Sample(tasks =>
        {
            int[][] other = [.. tasks.Reverse().Select(task => task.Reverse().ToArray())];
            return PercentAgreement.Compute(tasks) == PercentAgreement.Compute(other)
                && PercentAgreement.WithInterval(tasks, Stream, 50) == PercentAgreement.WithInterval(other, Stream, 50);
        });

    [Fact]
    public void Odds_are_unbounded_where_the_first_always_won()
    {
        var bias = PositionBias.Compute(6, 6);
        Assert.Null(bias.Odds.High);
        Assert.Contains("unbounded", bias.Odds.WhyUndefined, StringComparison.Ordinal);
        Assert.Equal(1, PositionBias.Compute(0, 0).PValue);
    }
}

using System.Text.Json;
using CsCheck;
using Rlhf.Statistics.Ranking;

namespace Rlhf.Statistics.Tests.Ranking;

public sealed class BradleyTerryTests
{
    private static readonly Gen<int[]> Cells = Gen.Int[0, 4].Array[16];

    [Fact]
    public void Agrees_with_choix()
    {
        foreach (var (name, inputs, options, outputs) in Golden.Cases("bradley_terry"))
        {
            if (inputs.Member("wins") is not { } wins)
            {
                Scale(name, inputs.GetProperty("scores").Numbers(), outputs);
                continue;
            }
            double[,] points = BradleyTerry.Points(wins.Table(), inputs.Member("ties")?.Table());
            foreach (double penalty in options.GetProperty("alphas").Numbers())
            {
                string key = penalty == 0 ? "ml" : $"alpha_{penalty}";
                Strengths.Equal($"{name}, {key}", outputs.GetProperty(key), BradleyTerry.Fit(points, penalty), options);
            }
            // What is called choix_ilsr_alpha_… is another regularization, for information.
        }
    }

    private static void Scale(string name, double[] scores, JsonElement outputs)
    {
        var fit = new StrengthFit(scores, null, null, null, 0);
        Golden.AllEqual(outputs.GetProperty("elo"), fit.Elo(), name, 1e-9);
        Golden.AllEqual(outputs.GetProperty("luce_weights_sum_1"), fit.ProbabilityOfBest(), name, 1e-9);
        Golden.AllEqual(outputs.GetProperty("bradley_terry_pi_geometric_mean_1"),
            [.. scores.Select(s => Math.Exp(s - scores.Average()))], name, 1e-9);
        Golden.Equal(outputs.GetProperty("win_probability_0_over_1"), fit.WinProbability(0, 1), name);
        double[] elo = fit.Elo()!;
        Golden.Equal(outputs.GetProperty("elo_expected_0_over_1"), EloScale.ExpectedOutcome(elo[0], elo[1]), name);
    }

    [Fact]
    public void A_unit_is_173_72_points() => Assert.Equal(173.72, EloScale.PointsPerUnit, 0.005);

    [Fact]
    public void Two_models_have_the_logit_of_the_win_rate()
    {
        var fit = BradleyTerry.Fit(new double[,] { { 0, 60 }, { 40, 0 } });
        Assert.Equal(Math.Log(1.5), fit.Scores![0] - fit.Scores[1], 1e-12);
        Assert.Equal(0.6, fit.WinProbability(0, 1)!.Value, 1e-12);
    }

    [Fact]
    public void Separation_names_its_reasons()
    {
        string Why(int[,] wins, int[,]? ties = null) => BradleyTerry.Fit(BradleyTerry.Points(wins, ties)).Separation!.Describe(i =>
            "ABCD"[i].ToString());
        Assert.Equal("never beaten by another: A; never better than another: B, C", Why(new[,] { { 0, 5, 4 }, { 0, 0, 3 }, { 0, 2, 0 } }));
        Assert.Equal("never beaten by another: A, B; never better than another: C", Why(new[,] { { 0, 5, 4 }, { 1, 0, 3 }, { 0, 0, 0 } }));
        Assert.Equal("never compared: C", Why(new[,] { { 0, 5, 0 }, { 1, 0, 0 }, { 0, 0, 0 } }));
        Assert.Equal("groups without comparisons between them: A, B | C, D",
            Why(new[,] { { 0, 3, 0, 0 }, { 2, 0, 0, 0 }, { 0, 0, 0, 1 }, { 0, 0, 4, 0 } }));
        Assert.Equal("never beaten by another: A, B; never better than another: C, D",
            Why(new[,] { { 0, 3, 2, 0 }, { 2, 0, 0, 0 }, { 0, 0, 0, 1 }, { 0, 0, 4, 0 } }));
        // A tie is half a win for each side: it joins what wins alone leave apart.
        Assert.Null(BradleyTerry.Fit(BradleyTerry.Points(new[,] { { 0, 5 }, { 0, 0 } }, new[,] { { 0, 1 }, { 1, 0 } })).Separation);
    }

    [Fact]
    public void Scores_exist_exactly_without_separation_and_follow_the_items() =>
        Cells.Sample(cells =>
        {
            double[,] points = Points(cells, i => i), turned = Points(cells, i => 3 - i);
            var one = BradleyTerry.Fit(points);
            var other = BradleyTerry.Fit(turned);
            var prior = BradleyTerry.Fit(points, 0.1);
            return (one.Scores is null) == (one.Separation is not null)
                && (other.Separation is null) == (one.Separation is null)
                && prior.Scores!.All(double.IsFinite) && Math.Abs(prior.Scores!.Sum()) < 1e-9
                && (one.Scores is null || (one.Scores.All(double.IsFinite)
                    && one.Scores.Zip(other.Scores!.Reverse()).All(p => Math.Abs(p.First - p.Second) < 1e-7)));
        });

    [Fact]
    public void Turning_every_outcome_round_turns_the_scores_round() =>
        Cells.Sample(cells =>
        {
            double[,] points = Points(cells, i => i), lost = new double[4, 4];
            for (int i = 0; i < 4; i++)
            {
                for (int j = 0; j < 4; j++)
                    lost[i, j] = points[j, i];
            }
            return BradleyTerry.Fit(points, 0.5).Scores!.Zip(BradleyTerry.Fit(lost, 0.5).Scores!)
                .All(pair => Math.Abs(pair.First + pair.Second) < 1e-9);
        });

    [Fact]
    public void Points_that_are_no_counts_are_refused()
    {
        Assert.Throws<ArgumentException>(() => BradleyTerry.Fit(new double[,] { { 0, double.NaN }, { 1, 0 } }));
        Assert.Throws<ArgumentException>(() => BradleyTerry.Fit(new double[2, 3]));
        Assert.Throws<ArgumentException>(() => BradleyTerry.Points(new int[2, 2], new[,] { { 0, 1 }, { 2, 0 } }));
        Assert.Empty(BradleyTerry.Fit(new double[0, 0]).Scores!);
        Assert.Equal([0.0], BradleyTerry.Fit(new double[1, 1]).Scores!);
    }

    private static double[,] Points(int[] cells, Func<int, int> place)
    {
        double[,] points = new double[4, 4];
        for (int i = 0; i < 4; i++)
        {
            for (int j = 0; j < 4; j++)
                points[place(i), place(j)] = i == j ? 0 : cells[i * 4 + j];
        }
        return points;
    }
}

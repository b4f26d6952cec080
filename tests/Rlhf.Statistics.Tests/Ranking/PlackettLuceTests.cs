using System.Text.Json;
using CsCheck;
using Rlhf.Statistics.Ranking;

namespace Rlhf.Statistics.Tests.Ranking;

public sealed class PlackettLuceTests
{
    [Fact]
    public void Agrees_with_choix()
    {
        foreach (var (name, inputs, options, outputs) in Golden.Cases("plackett_luce"))
        {
            int items = inputs.GetProperty("items").GetInt32();
            int[][] rankings = [.. (inputs.Member("rankings_best_first")?.EnumerateArray().Select(Golden.Integers)) ?? []];
            Choice[] choices = [.. (inputs.Member("top1")?.EnumerateArray().Select(ToChoice)) ?? []];
            foreach (double penalty in options.GetProperty("alphas").Numbers())
            {
                string key = penalty == 0 ? "ml" : $"alpha_{penalty}";
                var fit = PlackettLuce.FitChoices([.. rankings.SelectMany(PlackettLuce.ChoicesOf), .. choices], items, penalty);
                Strengths.Equal($"{name}, {key}", outputs.GetProperty(key), fit, options);
                if (choices.Length == 0)
                    Strengths.Equal($"{name}, {key}, rankings alone", outputs.GetProperty(key),
                        PlackettLuce.Fit(rankings, items, penalty), options);
            }
        }
    }

    private static Choice ToChoice(JsonElement choice) =>
        new(choice.GetProperty("winner").GetInt32(), choice.GetProperty("losers").Integers());

    [Fact]
    public void Rankings_of_two_are_Bradley_Terry() =>
        Gen.Int[1, 20].Array[6].Sample(counts =>
        {
            double[,] points = new double[3, 3];
            var rankings = new List<int[]>();
            foreach (var (pair, count) in new[] { (0, 1), (1, 0), (0, 2), (2, 0), (1, 2), (2, 1) }.Zip(counts))
            {
                points[pair.Item1, pair.Item2] = count;
                rankings.AddRange(Enumerable.Repeat<int[]>([pair.Item1, pair.Item2], count));
            }
            return PlackettLuce.Fit(rankings, 3).Scores!.Zip(BradleyTerry.Fit(points).Scores!)
                .All(p => Math.Abs(p.First - p.Second) < 1e-8);
        });

    [Fact]
    public void The_order_of_rankings_does_not_matter() =>
        Gen.Shuffle(new[] { 0, 1, 2, 3 }).Array[0, 10].Sample(rankings =>
            PlackettLuce.Fit(rankings, 4, 0.1).Scores!.SequenceEqual(PlackettLuce.Fit([.. rankings.Reverse()], 4, 0.1).Scores!));

    [Fact]
    public void An_item_ranked_twice_is_refused() => Assert.Throws<ArgumentException>(() => PlackettLuce.Fit([[0, 1, 0]], 2));
}

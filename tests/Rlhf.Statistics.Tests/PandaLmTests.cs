using System.Text.Json;
using Rlhf.Statistics.Agreement;
using Rlhf.Statistics.Annotators;
using Rlhf.Statistics.Ranking;
using Rlhf.Statistics.Tests.Ranking;
using Rlhf.Testing;

namespace Rlhf.Statistics.Tests;

/// <summary>Real votes of three annotators: 0 tie, 1 the first response, 2 the second.</summary>
public sealed class PandaLmTests
{
    private static readonly string[] Annotators = ["annotator1", "annotator2", "annotator3"];

    [Fact]
    public void Agrees_with_the_libraries_on_real_votes()
    {
        foreach (var (name, inputs, options, outputs) in Golden.Cases("pandalm"))
        {
            string file = inputs.GetProperty("file").GetString()!;
            string path = SharedData.Require(file.StartsWith("shared/", StringComparison.Ordinal) ? file["shared/".Length..] : file);
            using var document = JsonDocument.Parse(File.ReadAllBytes(path));
            JsonElement[] rows = [.. document.RootElement.EnumerateArray()];
            int[][] votes = [.. rows.Select(row => Annotators.Select(annotator => row.GetProperty(annotator).GetInt32()).ToArray())];
            if (outputs.Member("fleiss_kappa") is not null)
                Agreement(votes, outputs);
            else if (outputs.Member("models") is { } models)
                Models(name, rows, votes, [.. models.EnumerateArray().Select(m => m.GetString()!)], outputs);
            else
                Confusions(name, votes, options.GetProperty("label_order").GetArrayLength(), outputs);
        }
    }

    private static void Agreement(int[][] votes, JsonElement outputs)
    {
        double[][] units = [.. votes.Select(row => row.Select(v => (double)v).ToArray())];
        double[][] tieBetween = [.. votes.Select(row => row.Select(v => v == 0 ? 1.5 : v).ToArray())];
        double[][] withoutTies = [.. votes.Select(row => row.Where(v => v != 0).Select(v => (double)v).ToArray())];
        Assert.Equal(outputs.GetProperty("items").GetInt32(), votes.Length);
        foreach (var pair in outputs.GetProperty("cohen").EnumerateObject())
        {
            int[] who = [.. pair.Name.Split('-').Select(annotator => Array.IndexOf(Annotators, annotator))];
            int[,] table = CohenKappa.CrossTable(votes.Select(row => (row[who[0]], row[who[1]])), 3);
            Assert.Equal(pair.Value.GetProperty("table").Table(), table);
            var kappa = CohenKappa.Compute(table);
            Golden.Equal(pair.Value.GetProperty("kappa"), kappa.Kappa.Value, pair.Name);
            Golden.Equal(pair.Value.GetProperty("se"), kappa.StandardError, pair.Name);
            Golden.Equal(pair.Value.GetProperty("ci95_normal"), kappa.Kappa, pair.Name, 1e-8);
            var percent = PercentAgreement.Compute([.. votes.Select(row => new[] { row[who[0]], row[who[1]] })]);
            Golden.Equal(pair.Value.GetProperty("percent_agreement"), percent.OverPairs.Value, pair.Name);
            Golden.Equal(pair.Value.GetProperty("wilson95"), percent.OverPairs, pair.Name);
        }
        Golden.Equal(outputs.GetProperty("fleiss_kappa"), FleissKappa.Compute([.. votes.Select(Counts)]).Kappa, "Fleiss");
        Golden.Equal(outputs.GetProperty("percent_agreement_all_pairs"), PercentAgreement.Compute(votes).OverPairs.Value, "percent");
        Assert.Equal(outputs.GetProperty("unanimous").GetInt32(), votes.Count(row => row.Distinct().Count() == 1));
        Assert.Equal(outputs.GetProperty("three_way_split").GetInt32(), votes.Count(row => row.Distinct().Count() == 3));
        foreach (var (key, values, level) in new[]
        {
            ("krippendorff_nominal", units, MeasurementLevel.Nominal),
                ("krippendorff_ordinal_1_tie_2", tieBetween, MeasurementLevel.Ordinal),
            ("krippendorff_interval_1_tie_2", tieBetween, MeasurementLevel.Interval),
            ("krippendorff_nominal_ties_missing", withoutTies, MeasurementLevel.Nominal),
        })
            Golden.Equal(outputs.GetProperty(key), KrippendorffAlpha.Compute(values, level).Alpha, key);
        var gwet = GwetAgreement.Compute([.. units.Select(row => row.Select(v => (double?)v).ToArray())], [0, 1, 2]);
        var expected = outputs.GetProperty("gwet_ac1");
        Golden.Equal(expected.GetProperty("coefficient"), gwet.Coefficient.Value, "AC1");
        Golden.Equal(expected.GetProperty("se"), gwet.StandardError, "AC1, standard error");
        Golden.Equal(expected.GetProperty("ci95_t"), gwet.Coefficient, "AC1", 1e-8);
        Golden.Equal(expected.GetProperty("pa"), gwet.Observed, "AC1, observed");
        Golden.Equal(expected.GetProperty("pe"), gwet.Expected, "AC1, expected");
    }

    private static void Confusions(string name, int[][] rows, int labels, JsonElement outputs)
    {
        LabelVote[] votes = [.. rows.SelectMany((row, task) => row.Select((label, annotator) => new LabelVote(task, annotator, label)))];
        foreach (var member in outputs.EnumerateObject()
            .Where(m => m.Value.ValueKind == JsonValueKind.Object && m.Value.Member("priors") is not null))
        {
            string what = $"{name}, {member.Name}";
            var model = member.Name == "converged" ? DawidSkene.Fit(votes, rows.Length, Annotators.Length, labels)
                : DawidSkene.Fit(votes, rows.Length, Annotators.Length, labels, int.Parse(member.Name["after_".Length..]), tolerance: -1);
            Golden.AllEqual(member.Value.GetProperty("priors"), model.Priors, what);
            foreach (var annotator in member.Value.GetProperty("errors").EnumerateObject())
            {
                double[,] errors = model.Errors[Array.IndexOf(Annotators, annotator.Name)];
                for (int label = 0; label < labels; label++)
                    Golden.AllEqual(annotator.Value[label], [.. Enumerable.Range(0, labels).Select(k => errors[label, k])],
                        $"{what}, {annotator.Name}");
            }
            var counts = model.Labels().GroupBy(label => label.Label!.Value).ToDictionary(same => same.Key, same => same.Count());
            foreach (var count in member.Value.GetProperty("label_counts").EnumerateObject())
                Assert.Equal(count.Value.GetInt32(), counts.GetValueOrDefault(int.Parse(count.Name)));
            JsonElement[] first = [.. member.Value.GetProperty("first_20_probabilities").EnumerateArray()];
            for (int task = 0; task < first.Length; task++)
                Golden.AllEqual(first[task], model.Posteriors[task], $"{what}, task {task}");
        }
    }

    private static void Models(string name, JsonElement[] rows, int[][] votes, string[] models, JsonElement outputs)
    {
        int[,] wins = new int[models.Length, models.Length], ties = new int[models.Length, models.Length];
        for (int row = 0; row < rows.Length; row++)
        {
            int[] sides = [.. rows[row].GetProperty("cmp_key").GetString()!.Split('_').Select(model => Array.IndexOf(models, model))];
            int majority = Array.FindIndex(Counts(votes[row]), count => count >= 2);
            if (majority < 1)
                ties[sides[0], sides[1]] = ++ties[sides[1], sides[0]];
            else
                wins[sides[majority - 1], sides[2 - majority]]++;
        }
        Assert.Equal(outputs.GetProperty("wins").Table(), wins);
        Assert.Equal(outputs.GetProperty("ties").Table(), ties);
        Strengths.Equal(name, outputs, BradleyTerry.Fit(BradleyTerry.Points(wins, ties)), outputs);
    }

    private static int[] Counts(int[] votes) => [.. Enumerable.Range(0, 3).Select(label => votes.Count(v => v == label))];
}

using System.Text.Json;
using CsCheck;
using Rlhf.Core.Randomness;
using Rlhf.Statistics.Annotators;
using Rlhf.Statistics.Optimization;
using Rlhf.Statistics.Ranking;

namespace Rlhf.Statistics.Tests.Annotators;

public sealed class CrowdBradleyTerryTests
{
    [Fact]
    public void Agrees_with_scipy()
    {
        foreach (var (name, inputs, options, outputs) in Golden.Cases("crowd_bt"))
        {
            PreferenceVote[] votes = [.. inputs.GetProperty("votes_worker_winner_loser").EnumerateArray()
                .Select(v => new PreferenceVote(v[0].GetInt32(), v[1].GetInt32(), v[2].GetInt32()))];
            if (inputs.Member("scores") is { } scores)
                AtAPoint(name, votes, scores.Numbers(), inputs.GetProperty("eta").Numbers(), outputs);
            else if (inputs.Member("fixed_eta") is { } eta)
                Compare(name, outputs, CrowdBradleyTerry.FitScores(votes, options.GetProperty("items").GetInt32(), eta.Numbers()));
            else
                Compare(name, outputs, Joint(votes, inputs, options));
        }
    }

    private static CrowdFit Joint(PreferenceVote[] votes, JsonElement inputs, JsonElement options) => CrowdBradleyTerry.Fit(
        votes, inputs.GetProperty("items").GetInt32(), options.GetProperty("planted_eta").GetArrayLength(),
        options.GetProperty("lambda").GetDouble(), options.GetProperty("eta_prior_beta_a").GetDouble(),
            options.GetProperty("eta_prior_beta_b").GetDouble());

    private static void AtAPoint(string name, PreferenceVote[] votes, double[] scores, double[] eta, JsonElement outputs)
    {
        var actual = CrowdBradleyTerry.LogLikelihood(votes, scores, eta);
        var mirror = CrowdBradleyTerry.LogLikelihood(votes, [.. scores.Select(s => -s)], [.. eta.Select(e => 1 - e)]);
        Golden.Equal(outputs.GetProperty("log_likelihood"), actual.Value, name);
        foreach (string key in new[] { "log_likelihood_of_mirror_image", "log_likelihood_mirrored" })
        {
            if (outputs.Member(key) is { } mirrored)
                Golden.Equal(mirrored, mirror.Value, name + ", mirrored");
        }
        if (outputs.Member("gradient_scores") is { } byScore)
            Golden.AllEqual(byScore, actual.ByScore, name + ", by score", 1e-9);
        if (outputs.Member("gradient_eta") is { } byEta)
            Golden.AllEqual(byEta, actual.ByReliability, name + ", by reliability", 1e-9);
    }

    private static void Compare(string name, JsonElement expected, CrowdFit actual)
    {
        Golden.AllEqual(expected.GetProperty("scores"), actual.Scores, name);
        Golden.Equal(expected.GetProperty("log_likelihood"), actual.LogLikelihood, name, Golden.FitTolerance);
        if (expected.Member("eta") is { } eta)
            Golden.AllEqual(eta, actual.Reliabilities, name + ", reliabilities");
        if (expected.Member("log_posterior") is { } posterior)
            Golden.Equal(posterior, actual.LogPosterior, name, Golden.FitTolerance);
        if (expected.Member("adversaries") is { } adversaries)
            Assert.Equal(adversaries.Integers(), actual.Adversaries);
    }

    [Fact]
    public void A_planted_adversary_is_found()
    {
        double[] eta = [0.95, 0.9, 0.9, 0.05];
        var stream = new RandomStream(9, "crowd");
        var votes = new List<PreferenceVote>();
        for (uint k = 0; k < eta.Length; k++)
        {
            for (uint v = 0; v < 50; v++)
            {
                int i = stream.Below(5, k, v, 0), j = (i + 1 + stream.Below(4, k, v, 1)) % 5;
                bool better = stream.Uniform(k, v, 2) < Logistic.Sigma(1.5 * (i - j)), follows = stream.Uniform(k, v, 3) < eta[k];
                votes.Add(better == follows ? new((int)k, i, j) : new((int)k, j, i));
            }
        }
        var fit = CrowdBradleyTerry.Fit(votes, 5, eta.Length);
        Assert.Equal([3], fit.Adversaries);
        Assert.Equal([0, 1, 2, 3, 4], Enumerable.Range(0, 5).OrderBy(i => fit.Scores![i]));
    }

    [Fact]
    public void The_order_of_votes_does_not_matter() =>
        Gen.Select(Gen.Int[0, 2], Gen.Int[0, 2], Gen.Int[1, 2])
            .Select((k, i, d) => new PreferenceVote(k, i, (i + d) % 3)).Array[0, 15].Sample(votes =>
        {
            var one = CrowdBradleyTerry.Fit(votes, 3, 3);
            var other = CrowdBradleyTerry.Fit([.. votes.Reverse()], 3, 3);
            return one.Scores!.SequenceEqual(other.Scores!) && one.Scores!.All(double.IsFinite)
                && one.Reliabilities.All(eta => eta is > 0 and < 1);
        }, iter: 20);

    [Fact]
    public void Votes_that_separate_items_have_no_scores_without_a_prior()
    {
        var fit = CrowdBradleyTerry.FitScores([new(0, 0, 1), new(0, 0, 1)], 2, [1]);
        Assert.Null(fit.Scores);
        Assert.NotNull(fit.WhyUndefined);
    }

    [Fact]
    public void Position_bias_agrees_with_scipy()
    {
        foreach (var (name, inputs, options, outputs) in Golden.Cases("noisy_bradley_terry"))
        {
            string[][] rows = [.. inputs.GetProperty("worker_left_right_chosen").EnumerateArray()
                .Select(r => r.EnumerateArray().Select(p => p.GetString()!).ToArray())];
            string[] items = [.. options.GetProperty("items").EnumerateArray().Select(i => i.GetString()!)];
            var expected = outputs.GetProperty("map_fit");
            string[] workers = [.. expected.GetProperty("bias_logit").EnumerateObject().Select(w => w.Name)];
            SidedVote[] votes = [.. rows.Select(r =>
                new SidedVote(Array.IndexOf(workers, r[0]), Array.IndexOf(items, r[1]), Array.IndexOf(items, r[2]), r[3] == r[1]))];
            var fit = NoisyBradleyTerry.Fit(votes, items.Length, workers.Length, options.GetProperty("lambda").GetDouble());
            Golden.AllEqual(expected.GetProperty("scores"), fit.Scores, name);
            Golden.Equal(expected.GetProperty("objective"), -fit.LogPosterior, name, Golden.FitTolerance);
            for (int k = 0; k < workers.Length; k++)
            {
                Golden.Equal(expected.GetProperty("bias_logit").GetProperty(workers[k]), fit.Biases[k], name, 1e-5);
                Golden.Equal(expected.GetProperty("skill_logit").GetProperty(workers[k]), fit.Skills[k], name, 1e-5);
            }
            double[,] points = new double[items.Length, items.Length];
            foreach (var vote in votes)
                points[vote.ChoseLeft ? vote.Left : vote.Right, vote.ChoseLeft ? vote.Right : vote.Left]++;
            Golden.AllEqual(outputs.GetProperty("bradley_terry_softmax"), BradleyTerry.Fit(points).ProbabilityOfBest(), name);
        }
    }
}

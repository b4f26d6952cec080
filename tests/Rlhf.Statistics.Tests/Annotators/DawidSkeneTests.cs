using System.Text.Json;
using CsCheck;
using Rlhf.Core.Randomness;
using Rlhf.Statistics.Annotators;

namespace Rlhf.Statistics.Tests.Annotators;

public sealed class DawidSkeneTests
{
    private sealed record Names(string[] Tasks, string[] Annotators, string[] Labels, LabelVote[] Votes);

    [Fact]
    public void Agrees_with_crowd_kit()
    {
        foreach (var (name, inputs, _, outputs) in Golden.Cases("dawid_skene"))
        {
            var names = Read(inputs.GetProperty("task_worker_label"), outputs.GetProperty("label_order"));
            var (_, tasks, annotators, labels) = (0, names.Tasks.Length, names.Annotators.Length, names.Labels.Length);
            var majority = outputs.GetProperty("majority");
            Posteriors(name + ", majority", names, majority, MajorityVote.Shares(names.Votes, tasks, labels),
                MajorityVote.Labels(names.Votes, tasks, labels));
            foreach (var member in outputs.EnumerateObject().Where(m => m.Name.StartsWith("dawid_skene_", StringComparison.Ordinal)))
            {
                bool converged = member.Name.EndsWith("converged", StringComparison.Ordinal);
                var actual = converged ? DawidSkene.Fit(names.Votes, tasks, annotators, labels)
                    : DawidSkene.Fit(names.Votes, tasks, annotators, labels, Rounds(member.Name), tolerance: -1);
                Model($"{name}, {member.Name}", names, member.Value, actual);
                Assert.True(!converged || actual.Converged, name);
            }
            foreach (var member in outputs.EnumerateObject().Where(m => m.Name.StartsWith("one_coin_after_", StringComparison.Ordinal)))
            {
                var actual = DawidSkene.FitOneCoin(names.Votes, tasks, annotators, labels, Rounds(member.Name), tolerance: -1);
                string what = $"{name}, {member.Name}";
                Posteriors(what, names, member.Value, actual.Posteriors, actual.Labels());
                Golden.AllEqual(member.Value.GetProperty("priors"), actual.Priors, what);
                foreach (var skill in member.Value.GetProperty("skills").EnumerateObject())
                    Golden.Equal(skill.Value, actual.Errors[Array.IndexOf(names.Annotators, skill.Name)][0, 0], $"{what}, {skill.Name}",
                        Golden.FitTolerance);
            }
        }
    }

    private static int Rounds(string name) => int.Parse(name[(name.LastIndexOf('_') + 1)..]);

    private static Names Read(JsonElement rows, JsonElement labelOrder)
    {
        string[][] given = [.. rows.EnumerateArray().Select(row => row.EnumerateArray().Select(part => part.GetString()!).ToArray())];
        string[] tasks = [.. given.Select(row => row[0]).Distinct()], annotators = [.. given.Select(row => row[1]).Distinct()];
        string[] labels = [.. labelOrder.EnumerateArray().Select(label => label.GetString()!)];
        return new(tasks, annotators, labels, [.. given.Select(row =>
            new LabelVote(Array.IndexOf(tasks, row[0]), Array.IndexOf(annotators, row[1]), Array.IndexOf(labels, row[2])))]);
    }

    private static void Model(string what, Names names, JsonElement expected, ConfusionModel actual)
    {
        Posteriors(what, names, expected, actual.Posteriors, actual.Labels());
        Golden.AllEqual(expected.GetProperty("priors"), actual.Priors, what + ", priors");
        foreach (var annotator in expected.GetProperty("errors").EnumerateObject())
        {
            double[,] errors = actual.Errors[Array.IndexOf(names.Annotators, annotator.Name)];
            for (int label = 0; label < names.Labels.Length; label++)
                Golden.AllEqual(annotator.Value[label], [.. Enumerable.Range(0, names.Labels.Length).Select(k => errors[label, k])],
                    $"{what}, {annotator.Name}");
        }
        if (expected.Member("log_likelihood") is { } logLikelihood)
            Golden.Equal(logLikelihood, actual.LogLikelihood, what + ", log-likelihood", Golden.FitTolerance);
    }

    private static void Posteriors(string what, Names names, JsonElement expected, double[][] posteriors, ConsensusLabel[] labels)
    {
        foreach (var task in expected.GetProperty("probabilities").EnumerateObject())
            Golden.AllEqual(task.Value, posteriors[Array.IndexOf(names.Tasks, task.Name)], $"{what}, {task.Name}");
        foreach (var task in expected.GetProperty("labels").EnumerateObject())
        {
            var label = labels[Array.IndexOf(names.Tasks, task.Name)];
            // Between tied labels the library takes the first; the tie is told here.
            Assert.True(label.IsTied || names.Labels[label.Label!.Value] == task.Value.GetString(), $"{what}, {task.Name}: {label}");
        }
    }

    [Fact]
    public void A_tie_is_told()
    {
        LabelVote[] votes = [new(0, 0, 0), new(0, 1, 1), new(1, 0, 1)];
        Assert.Equal([new ConsensusLabel(0, true), new(1, false), new(null, false)], MajorityVote.Labels(votes, 3, 2));
    }

    [Fact]
    public void An_adversary_is_outvoted_and_found()
    {
        var stream = new RandomStream(4, "votes");
        LabelVote[] votes = [.. from task in Enumerable.Range(0, 200)
            from annotator in Enumerable.Range(0, 4)
            let right = stream.Uniform((uint)task, (uint)annotator) < (annotator == 3 ? 0.15 : 0.85)
            select new LabelVote(task, annotator, right ? task % 2 : 1 - task % 2)];
        var model = DawidSkene.Fit(votes, 200, 4, 2);
        Assert.True(model.Converged);
        Assert.True(model.Accuracy(3) < 0.3 && model.Accuracy(0) > 0.75);
        Assert.True(model.Labels().Select((label, task) => label.Label == task % 2 ? 1 : 0).Sum() > MajorityVote.Labels(votes, 200, 2)
            .Select((label, task) => !label.IsTied && label.Label == task % 2 ? 1 : 0).Sum());
    }

    [Fact]
    public void The_order_of_votes_does_not_matter_and_probabilities_are_ones() =>
        Gen.Select(Gen.Int[0, 5], Gen.Int[0, 2], Gen.Int[0, 2]).Select((t, a, l) => new LabelVote(t, a, l)).Array[0, 30].Sample(votes =>
        {
            var one = DawidSkene.Fit(votes, 6, 3, 3, maxRounds: 20);
            var other = DawidSkene.Fit([.. votes.Reverse()], 6, 3, 3, maxRounds: 20);
            return one.Posteriors.Zip(other.Posteriors).All(p => p.First.SequenceEqual(p.Second) && Math.Abs(p.First.Sum() - 1) < 1e-9)
                && double.IsFinite(one.LogLikelihood) && DawidSkene.FitOneCoin(votes, 6, 3, 3, maxRounds: 20).Posteriors.All(p =>
                    p.All(double.IsFinite));
        });

    [Fact]
    public void A_vote_outside_is_refused() => Assert.Throws<ArgumentException>(() => DawidSkene.Fit([new(0, 0, 2)], 1, 1, 2));
}

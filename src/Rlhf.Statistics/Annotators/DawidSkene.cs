namespace Rlhf.Statistics.Annotators;

/// <summary>A fitted model of true labels and annotators' confusion matrices.</summary>
/// <param name="Posteriors">P(true label) for each task; the priors for a task without a vote.</param>
/// <param name="Priors">The frequency of each label: the mean of the posteriors.</param>
/// <param name="Errors">The confusion matrix of each annotator, [observed, true]: P(observed | true); columns sum to 1.</param>
/// <param name="LogLikelihood">Log-likelihood of the votes under priors and errors.</param>
/// <param name="Rounds">The number of EM iterations.</param>
/// <param name="Converged">Whether the posteriors converged.</param>
public sealed record ConfusionModel(double[][] Posteriors, double[] Priors, double[][,] Errors, double LogLikelihood, int Rounds,
    bool Converged)
{
    public ConsensusLabel[] Labels() => [.. Posteriors.Select(ConsensusLabel.FromProbabilities)];

    /// <summary>An annotator's probability of the true label, averaged over labels by their frequency.</summary>
    public double Accuracy(int annotator) => Enumerable.Range(0, Priors.Length).Sum(k => Priors[k] * Errors[annotator][k, k]);
}

/// <summary>
/// Dawid and Skene 1979: each annotator has a confusion matrix and each task a true label, both fitted by EM from the shares of votes.
/// Counts are not smoothed, only kept above 1e-10. A label that an annotator never gave has probability 0. With one annotator per task,
/// or one in all, the votes themselves are returned. Takes O(votes × labels) per iteration.
/// </summary>
public static class DawidSkene
{
    private const double Smallest = 1e-10;

    /// <param name="votes">Several votes of one annotator on one task count each.</param>
    /// <param name="tasks">The number of tasks.</param>
    /// <param name="annotators">The number of annotators.</param>
    /// <param name="labels">The number of labels.</param>
    /// <param name="maxRounds">Maximum number of EM iterations.</param>
    /// <param name="tolerance">EM stops when no posterior changes by more.</param>
    public static ConfusionModel Fit(IReadOnlyCollection<LabelVote> votes, int tasks, int annotators, int labels,
        int maxRounds = 10_000, double tolerance = 1e-13)
    {
        var sorted = LabelVotes.Create(votes, tasks, annotators, labels);
        return Run(sorted, posteriors => FullErrors(sorted, posteriors), maxRounds, tolerance);
    }

    /// <summary>
    /// One parameter per annotator: correct with probability s, else any other label with equal probability. Needs fewer votes.
    /// </summary>
    public static ConfusionModel FitOneCoin(IReadOnlyCollection<LabelVote> votes, int tasks, int annotators, int labels,
        int maxRounds = 10_000, double tolerance = 1e-13)
    {
        var sorted = LabelVotes.Create(votes, tasks, annotators, labels);
        return Run(sorted, posteriors => OneCoinErrors(sorted, posteriors), maxRounds, tolerance);
    }

    private static ConfusionModel Run(LabelVotes votes, Func<double[][], double[][,]> errorsOf, int maxRounds, double tolerance)
    {
        bool[] voted = new bool[votes.Tasks];
        foreach (var vote in votes.Votes)
            voted[vote.Task] = true;
        double[][] posteriors = votes.Shares();
        double[] priors = Means(posteriors, voted, votes.Labels);
        for (int t = 0; t < votes.Tasks; t++)
            posteriors[t] = voted[t] ? posteriors[t] : [.. priors];
        double[][,] errors = errorsOf(posteriors);
        int round = 0;
        bool converged = votes.Votes.Length == 0;
        while (round < maxRounds && !converged)
        {
            var (next, _) = Expectation(votes, priors, errors);
            double moved = 0;
            for (int t = 0; t < votes.Tasks; t++)
            {
                for (int k = 0; k < votes.Labels; k++)
                    moved = Math.Max(moved, Math.Abs(next[t][k] - posteriors[t][k]));
            }
            posteriors = next;
            priors = Means(posteriors, voted, votes.Labels);
            errors = errorsOf(posteriors);
            round++;
            converged = moved <= tolerance;
        }
        return new(posteriors, priors, errors, Expectation(votes, priors, errors).LogLikelihood, round, converged);
    }

    private static (double[][] Posteriors, double LogLikelihood) Expectation(LabelVotes votes, double[] priors, double[][,] errors)
    {
        double[] logPriors = [.. priors.Select(prior => Math.Log(prior))];
        double[][] logs = [.. Enumerable.Range(0, votes.Tasks).Select(task => logPriors.ToArray())];
        foreach (var vote in votes.Votes)
        {
            for (int k = 0; k < votes.Labels; k++)
                logs[vote.Task][k] += Math.Log(errors[vote.Annotator][vote.Label, k]);
        }
        double logLikelihood = 0;
        foreach (double[] row in logs)
        {
            double largest = row.Length == 0 ? 0 : row.Max(), sum = row.Sum(x => Math.Exp(x - largest));
            logLikelihood += votes.Votes.Length == 0 ? 0 : largest + Math.Log(sum);
            for (int k = 0; k < row.Length; k++)
                row[k] = Math.Exp(row[k] - largest) / sum;
        }
        return (logs, logLikelihood);
    }

    /// <summary>The mean over tasks with a vote; equal shares without any.</summary>
    private static double[] Means(double[][] posteriors, bool[] voted, int labels)
    {
        int count = voted.Count(v => v);
        return [.. Enumerable.Range(0, labels).Select(k => count == 0 ? 1.0 / labels : posteriors.Where((_, t) => voted[t])
            .Sum(p => p[k]) / count)];
    }

    private static double[][,] FullErrors(LabelVotes votes, double[][] posteriors)
    {
        int labels = votes.Labels;
        double[][,] errors = [.. Enumerable.Range(0, votes.Annotators).Select(_ => new double[labels, labels])];
        bool[,] used = new bool[votes.Annotators, labels];
        foreach (var vote in votes.Votes)
        {
            used[vote.Annotator, vote.Label] = true;
            for (int k = 0; k < labels; k++)
                errors[vote.Annotator][vote.Label, k] += posteriors[vote.Task][k];
        }
        for (int annotator = 0; annotator < votes.Annotators; annotator++)
        {
            int[] given = [.. Enumerable.Range(0, labels).Where(label => used[annotator, label])];
            for (int k = 0; k < labels; k++)
            {
                double sum = given.Sum(label => Math.Max(Smallest, errors[annotator][label, k]));
                foreach (int label in given)
                    errors[annotator][label, k] = Math.Max(Smallest, errors[annotator][label, k]) / sum;
            }
        }
        return errors;
    }

    private static double[][,] OneCoinErrors(LabelVotes votes, double[][] posteriors)
    {
        double[] right = new double[votes.Annotators], count = new double[votes.Annotators];
        foreach (var vote in votes.Votes)
        {
            right[vote.Annotator] += posteriors[vote.Task][vote.Label];
            count[vote.Annotator]++;
        }
        return [.. right.Select((sum, annotator) =>
        {
            double skill = count[annotator] == 0 ? 1.0 / votes.Labels : sum / count[annotator];
            double[,] errors = new double[votes.Labels, votes.Labels];
            for (int observed = 0; observed < votes.Labels; observed++)
            {
                for (int k = 0; k < votes.Labels; k++)
                    errors[observed, k] = Math.Max(Smallest, observed == k ? skill : (1 - skill) / (votes.Labels - 1));
            }
            return errors;
        })];
    }
}

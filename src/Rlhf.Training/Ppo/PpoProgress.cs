using Rlhf.Core.Options;

namespace Rlhf.Training.Ppo;

/// <summary>Reports each update to the observer, with TRL's metric names where they exist, and sums up tokens and time.</summary>
internal sealed class PpoProgress(PpoOptions options, ITrainingObserver observer)
{
    private long _tokens;

    /// <summary>The metrics of the last update.</summary>
    public IReadOnlyDictionary<string, double> Last { get; private set; } = new Dictionary<string, double>();

    /// <summary>Total time of all updates, without the evaluation samples.</summary>
    public double Seconds { get; private set; }

    /// <summary>
    /// Reports the metrics of one update. "tokens/s" is the number of real tokens of its prompts and completions, each counted once
    /// regardless of epochs, per second of the whole update. The reported progress has the same over all updates so far.
    /// </summary>
    public void Report(
        int update, Rollout rollout, Experience experience, MinibatchMetrics minibatches, double klCoefficient, double learningRate,
        PhaseTimer timer)
    {
        var metrics = new Dictionary<string, double>();
        minibatches.WriteTo(metrics);
        timer.WriteTo(metrics);
        PpoSummary summary = experience.Summary;
        metrics["objective/kl"] = summary.Kl;
        metrics["objective/scores"] = summary.Scores;
        metrics["objective/rlhf_reward"] = summary.RlhfReward;
        metrics["objective/non_score_reward"] = summary.NonScoreReward;
        metrics["objective/entropy"] = summary.Entropy;
        metrics["val/num_eos_tokens"] = rollout.ContainsEos.Count(e => e);
        metrics["val/explained_variance"] = experience.ExplainedVariance;
        metrics["completion_tokens"] = rollout.Completions.Average(c => c.Length);
        metrics["beta"] = klCoefficient;
        metrics["lr"] = learningRate;
        metrics["episode"] = (update + 1.0) * rollout.Count;
        metrics["tokens"] = rollout.Tokens;
        metrics["tokens/s"] = rollout.Tokens / timer.Total.TotalSeconds;
        _tokens += rollout.Tokens;
        Seconds += timer.Total.TotalSeconds;
        Last = metrics;
        observer.Metrics(update + 1, metrics);
        observer.Progress(new TrainingProgress(
            "ppo", update + 1, options.Updates, _tokens / Seconds, TrainingProgress.PromptAndCompletionTokens));
    }
}

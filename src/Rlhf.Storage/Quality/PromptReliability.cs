using Rlhf.Core;
using Rlhf.Core.Options;
using Rlhf.Storage.Datasets;

namespace Rlhf.Storage.Quality;

/// <summary>
/// Weights of prompts from the reliability of those who ranked their completions, for <see cref="DatasetRequest.Weights"/> and for
/// the file of <see cref="CollectOptions.Weights"/>.
/// </summary>
public sealed class PromptReliability(RlhfDatabase database)
{
    /// <summary>
    /// By prompt key: the mean weight of the annotators of its rankings, scaled so that the mean over the prompts is 1. Annotators
    /// without a weight count as the mean of the others.
    /// </summary>
    /// <param name="request">Which rankings; its own weights are not looked at.</param>
    /// <param name="annotators">What each annotator's rankings are worth, 0 or more.</param>
    /// <param name="cancellation">Ends the reading.</param>
    /// <exception cref="UserError">No ranking, or none by somebody who is worth more than 0.</exception>
    public async Task<IReadOnlyDictionary<string, double>> ReadAsync(
        DatasetRequest request, IReadOnlyDictionary<Guid, double> annotators, CancellationToken cancellation = default)
    {
        double usual = annotators.Count == 0 ? 1 : annotators.Values.Order().Average();
        var sums = new Dictionary<string, (double Sum, int Count)>(StringComparer.Ordinal);
        await using var snapshot = await ReadSnapshot.OpenAsync(database, cancellation);
        var reader = new RankingReader(snapshot.Context, request.Question, goldReward: null);
        await foreach (var task in reader.ReadAsync(VersionSelection.Of(snapshot.Context, request), cancellation))
        {
            foreach (var (ranking, content) in VersionSelection.Choose(task, request.Aggregation))
            {
                string key = DatasetRequest.PromptKey(content.Content.SplitText);
                var (sum, count) = sums.GetValueOrDefault(key);
                sums[key] = (sum + annotators.GetValueOrDefault(ranking.AnnotatorId, usual), count + 1);
            }
        }
        if (sums.Count == 0)
            throw new UserError($"no rankings for question '{request.Question}': there is nothing to weight");
        var means = sums.OrderBy(entry => entry.Key, StringComparer.Ordinal)
            .Select(entry => (entry.Key, Mean: entry.Value.Sum / entry.Value.Count)).ToList();
        double scale = means.Average(entry => entry.Mean);
        return scale > 0
            ? means.ToDictionary(entry => entry.Key, entry => entry.Mean / scale, StringComparer.Ordinal)
            : throw new UserError("no annotator is more reliable than chance: every weight would be 0");
    }
}

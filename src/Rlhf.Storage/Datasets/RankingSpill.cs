using System.Text;
using Rlhf.Core.Options;

namespace Rlhf.Storage.Datasets;

/// <summary>
/// Rankings in files beside a path, sorted as their aggregation needs them: what comes out is in the order of content, whatever the order
/// in which it went in, and little of it is in memory at a time.
/// </summary>
internal sealed class RankingSpill(string path, Aggregation aggregation) : IDisposable
{
    private readonly SortedSpill<AnnotatorRanking> _rankings = new(path + ".rankings.tmp");

    /// <summary>Adds what counts of one task.</summary>
    /// <param name="task">Each annotation with what it says here: its own ranking, or a reviewer's.</param>
    public void Add(IEnumerable<(StoredRanking Ranking, SaltedContent Content)> task)
    {
        SaltedContent? adjudicated = null;
        foreach (var (ranking, said) in task)
        {
            // The answer of an adjudication is one, however many annotations stand behind it.
            if (aggregation == Aggregation.Adjudicated && !ReferenceEquals(said, ranking.Own))
            {
                if (adjudicated is not null)
                    continue;
                adjudicated = said;
            }
            var content = said.Content;
            var group = aggregation == Aggregation.Each ? default : content.Subject();
            _rankings.Add(Key(group, content), new AnnotatorRanking(ranking.AnnotatorId, content));
        }
    }

    /// <summary>What the rankings become.</summary>
    public IEnumerable<RankedContent> Read()
    {
        if (aggregation == Aggregation.Each)
        {
            foreach (var ranking in _rankings.Records())
                yield return ranking.Content;
            yield break;
        }
        using var aggregated = new SortedSpill<RankedContent>(path + ".aggregated.tmp");
        foreach (var line in Aggregate())
            aggregated.Add(Key(default, line), line);
        foreach (var line in aggregated.Records())
            yield return line;
    }

    public void Dispose() => _rankings.Dispose();

    private IEnumerable<RankedContent> Aggregate()
    {
        var weights = aggregation == Aggregation.Weighted ? Aggregations.VoteWeights(_rankings.Groups()) : null;
        return _rankings.Groups().SelectMany(group => aggregation == Aggregation.Soft
            ? Aggregations.Soft(group)
            : [Aggregations.Majority(group, ranking => weights?[ranking.Annotator] ?? 1)]);
    }

    /// <summary>In the order of content; what is the same but for its tokens in the order of these.</summary>
    private static SpillKey Key(Digest group, RankedContent content) => new(group, content.Key(),
        Digest.Compute(Encoding.UTF8.GetBytes(string.Join('|', content.Completions.Select(c => string.Join(' ', c.Ids ?? []))))));
}

using Microsoft.Data.Sqlite;
using Rlhf.Core;
using Rlhf.Storage.Runs;

namespace Rlhf.LabelingUi.Features.Runs.Details;

/// <summary>A metric with the points of its chart.</summary>
public sealed record MetricCurve(MetricSummary Summary, IReadOnlyList<MetricPoint> Points);

/// <summary>What an attempt measured.</summary>
/// <param name="Problem">Why nothing can be read; null where all is well, also where nothing was measured.</param>
public sealed record RunNumbers(IReadOnlyList<MetricCurve> Curves, IReadOnlyList<RunSample> Samples, string? Problem)
{
    /// <summary>Pixels of a small chart.</summary>
    public const int SmallColumns = 60;

    /// <summary>Pixels of a chart over the whole page.</summary>
    public const int WideColumns = 400;

    public static RunNumbers None { get; } = new([], [], null);

    /// <param name="attempt">Whose numbers.</param>
    /// <param name="columns">How wide the charts are, in pixels.</param>
    /// <param name="metric">The one metric that is wanted, else all of them.</param>
    public static RunNumbers Read(RunAttempt attempt, int columns, string? metric = null)
    {
        if (!File.Exists(attempt.Database))
            return None;
        try
        {
            using var reader = new RunMetricsReader(attempt.Database);
            var curves = reader.Summaries().Where(summary => metric is null || summary.Name == metric)
                .Select(summary => new MetricCurve(summary, reader.ThinnedPoints(summary, columns)));
            return new RunNumbers([.. curves], metric is null ? reader.Samples() : [], null);
        }
        catch (Exception e) when (e is UserError or SqliteException)
        {
            return None with { Problem = e.Message };
        }
    }
}

using Rlhf.Statistics;

namespace Rlhf.LabelingUi.Features.Quality;

/// <summary>A row of a chart of intervals.</summary>
public sealed record IntervalRow(string Name, double Value, double? Low, double? High)
{
    /// <summary>Null where there is no value.</summary>
    public static IntervalRow? Create(string name, Interval interval) =>
        interval.Value is { } value ? new IntervalRow(name, value, interval.Low, interval.High) : null;
}

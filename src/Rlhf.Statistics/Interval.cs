namespace Rlhf.Statistics;

/// <summary>
/// An estimate with the two ends of its interval. Undefined numbers are null, never NaN, and <see cref="WhyUndefined"/> gives the reason.
/// An estimate can have a value but no interval.
/// </summary>
public sealed record Interval(double? Value, double? Low, double? High)
{
    /// <summary>The reason why the value or its interval is undefined; null if both are defined.</summary>
    public string? WhyUndefined { get; init; }

    /// <summary>The interval without any observations.</summary>
    public static Interval Undefined { get; } = UndefinedBecause("nothing was observed");

    public static Interval UndefinedBecause(string why) => new(null, null, null) { WhyUndefined = why };
}

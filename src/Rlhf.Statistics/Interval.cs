namespace Rlhf.Statistics;

/// <summary>
/// An estimate with the two ends of its interval. Null is "undefined", never NaN, and then <see cref="WhyUndefined"/> says why. An
/// estimate can have a value and no interval.
/// </summary>
public sealed record Interval(double? Value, double? Low, double? High)
{
    /// <summary>Why the value, or its interval, is undefined; null where both are numbers.</summary>
    public string? WhyUndefined { get; init; }

    /// <summary>What nothing observed gives.</summary>
    public static Interval Undefined { get; } = UndefinedBecause("nothing was observed");

    public static Interval UndefinedBecause(string why) => new(null, null, null) { WhyUndefined = why };
}

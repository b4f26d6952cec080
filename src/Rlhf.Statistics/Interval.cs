namespace Rlhf.Statistics;

/// <summary>An estimate with the two ends of its interval; null is "undefined" (nothing observed), never NaN.</summary>
public sealed record Interval(double? Value, double? Low, double? High)
{
    /// <summary>What nothing observed gives.</summary>
    public static Interval Undefined { get; } = new(null, null, null);
}

namespace Rlhf.Training.Numerics;

/// <summary>
/// The learning rate's factor at a step (0 is the first), as in Hugging Face's get_*_schedule_with_warmup: it rises linearly from
/// 0 over the warm-up, then keeps to its form.
/// </summary>
public static class Schedules
{
    /// <summary>Falls in a straight line to 0 at <paramref name="total"/>.</summary>
    public static double Linear(long step, long warmup, long total) =>
        step < warmup ? Rise(step, warmup) : Math.Max(0, (total - step) / (double)Math.Max(1, total - warmup));

    /// <summary>Falls along a half cosine to <paramref name="floor"/> at <paramref name="total"/>.</summary>
    public static double Cosine(long step, long warmup, long total, double floor = 0)
    {
        if (step < warmup)
            return Rise(step, warmup);
        double share = (step - warmup) / (double)Math.Max(1, total - warmup);
        return floor + (1 - floor) * Math.Max(0, 0.5 * (1 + Math.Cos(Math.PI * share)));
    }

    private static double Rise(long step, long warmup) => step / (double)Math.Max(1, warmup);
}

namespace Rlhf.Training.Numerics;

/// <summary>
/// Learning rate schedules like Hugging Face's get_*_schedule_with_warmup: the factor of the learning rate at a step (the first is 0). It
/// rises linearly from 0 during warm-up, then falls.
/// </summary>
public static class Schedules
{
    /// <summary>Falls linearly to 0 at step <paramref name="total"/>.</summary>
    public static double Linear(long step, long warmup, long total) =>
        step < warmup ? Rise(step, warmup) : Math.Max(0, (total - step) / (double)Math.Max(1, total - warmup));

    /// <summary>Falls along a half cosine to <paramref name="floor"/> at step <paramref name="total"/>.</summary>
    public static double Cosine(long step, long warmup, long total, double floor = 0)
    {
        if (step < warmup)
            return Rise(step, warmup);
        double share = (step - warmup) / (double)Math.Max(1, total - warmup);
        return floor + (1 - floor) * Math.Max(0, 0.5 * (1 + Math.Cos(Math.PI * share)));
    }

    private static double Rise(long step, long warmup) => step / (double)Math.Max(1, warmup);
}

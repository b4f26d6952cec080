using System.Globalization;

namespace Rlhf.Training.Ppo;

/// <summary>The error message for a number that is not finite during PPO: which model, when, and what may help.</summary>
internal static class DivergenceMessage
{
    /// <param name="model">"policy" or "critic".</param>
    /// <param name="what">The number that is not finite: "a logit", "a value", or the name of a metric.</param>
    /// <param name="update">Index of the update, from 0.</param>
    /// <param name="steps">Optimizer steps of the model so far.</param>
    /// <param name="rateOption">The option that sets its learning rate.</param>
    /// <param name="rate">The value of that option.</param>
    public static string Create(string model, string what, int update, long steps, string rateOption, double rate)
    {
        string advice = steps > 0 && rate > 0
            ? string.Create(CultureInfo.InvariantCulture,
                $"after {steps} optimizer steps at {rateOption} {rate}; lower {rateOption}, or check maxGradientNorm and klCoefficient")
            : "before any training, so the learning rate is not the cause; "
                + "check its weights, klCoefficient and the scores";
        return $"PPO diverged in update {update + 1}: {what} of the {model} is not a finite number, {advice}";
    }
}

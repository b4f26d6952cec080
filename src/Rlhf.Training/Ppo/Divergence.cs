using System.Globalization;

namespace Rlhf.Training.Ppo;

/// <summary>What is said when a number of PPO is not finite: which model is to blame, when, and what may help.</summary>
internal static class Divergence
{
    /// <param name="model">"policy" or "critic".</param>
    /// <param name="what">What is not finite.</param>
    /// <param name="update">Number of the update, from 0.</param>
    /// <param name="steps">Optimizer steps that the model has taken.</param>
    /// <param name="rateOption">The option that sets its learning rate.</param>
    /// <param name="rate">Its value.</param>
    public static string Message(string model, string what, int update, long steps, string rateOption, double rate)
    {
        string advice = steps > 0 && rate > 0
            ? string.Create(CultureInfo.InvariantCulture,
                $"after {steps} optimizer steps at {rateOption} {rate}; lower {rateOption}, or look at maxGradientNorm and klCoefficient")
            : "before it has learned anything, so that no learning rate is the cause; "
                + "look at its weights, at klCoefficient and at the scores";
        return $"PPO diverged in update {update + 1}: {what} of the {model} is not a finite number, {advice}";
    }
}

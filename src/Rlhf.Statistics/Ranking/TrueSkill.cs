using MathNet.Numerics.Distributions;

namespace Rlhf.Statistics.Ranking;

/// <summary>The belief about a player's skill, a normal distribution.</summary>
public sealed record SkillBelief(double Mean, double Deviation);

/// <summary>
/// TrueSkill for games of two (Herbrich, Minka and Graepel 2006): beliefs that narrow with each game, for choosing the next comparison.
/// The result depends on the order of the games.
/// </summary>
/// <param name="Beta">Standard deviation of a performance around the skill.</param>
/// <param name="Tau">Standard deviation added to a skill between games.</param>
/// <param name="DrawProbability">Probability of a draw between players of equal skill.</param>
public sealed record TrueSkill(double Beta = 25.0 / 6, double Tau = 25.0 / 300, double DrawProbability = 0.1)
{
    public (SkillBelief Winner, SkillBelief Loser) Win(SkillBelief winner, SkillBelief loser)
    {
        var (scale, difference, margin) = Standardize(winner, loser);
        double x = difference - margin, v = Density(x) / Normal.CDF(0, 1, x);
        return Update(winner, loser, scale, v, v * (v + x));
    }

    public (SkillBelief First, SkillBelief Second) Draw(SkillBelief first, SkillBelief second)
    {
        var (scale, difference, margin) = Standardize(first, second);
        double below = -margin - difference, above = margin - difference, mass = Normal.CDF(0, 1, above) - Normal.CDF(0, 1, below);
        double v = (Density(below) - Density(above)) / mass;
        return Update(first, second, scale, v, v * v + (above * Density(above) - below * Density(below)) / mass);
    }

    private (double Scale, double Difference, double Margin) Standardize(SkillBelief first, SkillBelief second)
    {
        double scale = Math.Sqrt(2 * Beta * Beta + Variance(first) + Variance(second));
        double margin = Normal.InvCDF(0, 1, (DrawProbability + 1) / 2) * Math.Sqrt(2) * Beta;
        return (scale, (first.Mean - second.Mean) / scale, margin / scale);
    }

    private (SkillBelief, SkillBelief) Update(SkillBelief up, SkillBelief down, double scale, double v, double w)
    {
        SkillBelief Moved(SkillBelief belief, double sign)
        {
            double variance = Variance(belief);
            return new(belief.Mean + sign * variance / scale * v, Math.Sqrt(variance * (1 - variance / (scale * scale) * w)));
        }
        return (Moved(up, 1), Moved(down, -1));
    }

    private double Variance(SkillBelief belief) => belief.Deviation * belief.Deviation + Tau * Tau;

    private static double Density(double x) => Normal.PDF(0, 1, x);
}

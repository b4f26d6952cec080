using Rlhf.Core;
using Rlhf.Storage.Entities;

namespace Rlhf.Storage.Labeling;

/// <summary>Which settings a project may have.</summary>
internal static class SettingsRules
{
    /// <exception cref="UserError">A setting out of range.</exception>
    public static void Check(ProjectSettings settings)
    {
        Share(settings.GoldShare, "goldShare");
        Share(settings.RepeatShare, "repeatShare");
        Share(settings.PassMark, "passMark");
        Share(settings.PauseBelowGoldAccuracy ?? 0, "pauseBelowGoldAccuracy");
        if (settings.GoldShare + settings.RepeatShare > 1)
            throw new UserError(
                $"goldShare and repeatShare together must be at most 1; got {settings.GoldShare} and {settings.RepeatShare}");
        if (!(settings.LeaseMinutes > 0 && settings.LeaseMinutes <= MaxLeaseMinutes))
            throw new UserError($"leaseMinutes must be above 0 and at most {MaxLeaseMinutes}; got {settings.LeaseMinutes}")
            {
                Field = "settings.leaseMinutes",
            };
        if (!(settings.RepeatAfterMinutes >= 0 && double.IsFinite(settings.RepeatAfterMinutes)))
            throw new UserError($"repeatAfterMinutes must be 0 or more; got {settings.RepeatAfterMinutes}")
            {
                Field = "settings.repeatAfterMinutes",
            };
        if (!(settings.IdleSeconds > 0 && double.IsFinite(settings.IdleSeconds)))
            throw new UserError($"idleSeconds must be above 0; got {settings.IdleSeconds}") { Field = "settings.idleSeconds" };
        if (settings.Completions is < 1 or > ProjectSettings.MaxCompletions)
            throw new UserError($"a task has 1 … {ProjectSettings.MaxCompletions} completions; got {settings.Completions}")
            {
                Field = "k",
            };
        Positive(settings.MaxLeases, "maxLeases");
        Positive(settings.QualificationTries, "qualificationTries");
        Positive(settings.PauseAfterGolds, "pauseAfterGolds");
    }

    private const double MaxLeaseMinutes = 7 * 24 * 60;

    private static void Share(double value, string name)
    {
        if (!(value >= 0 && value <= 1))
            throw new UserError($"{name} must be 0 … 1; got {value}") { Field = "settings." + name };
    }

    private static void Positive(int value, string name)
    {
        if (value < 1)
            throw new UserError($"{name} must be 1 or more; got {value}") { Field = "settings." + name };
    }
}

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
        Share(settings.PauseAboveQuickShare ?? 0, "pauseAboveQuickShare");
        Share(settings.PauseAboveStraightShare ?? 0, "pauseAboveStraightShare");
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
        if (!(settings.QuickWordsPerMinute > 0 && double.IsFinite(settings.QuickWordsPerMinute)))
        {
            throw new UserError($"quickWordsPerMinute must be above 0; got {settings.QuickWordsPerMinute}")
            {
                Field = "settings.quickWordsPerMinute",
            };
        }
        if (settings.PauseAfterAnswers is < 1 or > MaxLookedAt)
        {
            throw new UserError($"pauseAfterAnswers must be 1 … {MaxLookedAt}; got {settings.PauseAfterAnswers}")
            {
                Field = "settings.pauseAfterAnswers",
            };
        }
        if (settings.Completions is < 1 or > ProjectSettings.MaxCompletions)
            throw new UserError($"a task has 1 … {ProjectSettings.MaxCompletions} completions; got {settings.Completions}")
            {
                Field = "k",
            };
        if (settings.Closed is { } closed && (string.IsNullOrWhiteSpace(closed) || closed.Length > MaxReason))
            throw new UserError($"closed must be a reason of 1 … {MaxReason} characters, or null; got {closed.Length}")
            {
                Field = "settings.closed",
            };
        Positive(settings.MaxLeases, "maxLeases");
        Positive(settings.QualificationTries, "qualificationTries");
        Positive(settings.PauseAfterGolds, "pauseAfterGolds");
    }

    private const int MaxReason = 1000;

    /// <summary>Their texts are read while others wait to write.</summary>
    private const int MaxLookedAt = 200;

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

using Rlhf.Core.Options.Labeling;
using Rlhf.Storage.Entities;

namespace Rlhf.Storage.Labeling;

/// <summary>The settings of a template over those of a project.</summary>
public static class TemplateSettings
{
    public static ProjectSettings Apply(ProjectTemplate template, ProjectSettings before)
    {
        var of = template.Settings ?? new ProjectSettingsTemplate();
        return before with
        {
            Completions = template.K ?? before.Completions,
            GoldShare = of.GoldShare ?? before.GoldShare,
            RepeatShare = of.RepeatShare ?? before.RepeatShare,
            RepeatAfterMinutes = of.RepeatAfterMinutes ?? before.RepeatAfterMinutes,
            PassMark = of.PassMark ?? before.PassMark,
            QualificationTries = of.QualificationTries ?? before.QualificationTries,
            PauseBelowGoldAccuracy = of.PauseBelowGoldAccuracy ?? before.PauseBelowGoldAccuracy,
            PauseAfterGolds = of.PauseAfterGolds ?? before.PauseAfterGolds,
            PauseAboveQuickShare = of.PauseAboveQuickShare ?? before.PauseAboveQuickShare,
            QuickWordsPerMinute = of.QuickWordsPerMinute ?? before.QuickWordsPerMinute,
            PauseAboveStraightShare = of.PauseAboveStraightShare ?? before.PauseAboveStraightShare,
            PauseAfterAnswers = of.PauseAfterAnswers ?? before.PauseAfterAnswers,
            ContentWarning = of.ContentWarning ?? before.ContentWarning,
        };
    }
}

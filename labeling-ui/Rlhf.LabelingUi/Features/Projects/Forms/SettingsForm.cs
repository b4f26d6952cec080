using System.Globalization;
using Rlhf.Core;
using Rlhf.Storage.Entities;

namespace Rlhf.LabelingUi.Features.Projects.Forms;

/// <summary>The numbers of a project's settings as fields of a form.</summary>
internal static class SettingsForm
{
    public const int MaxOverlap = 1000;

    private const double Percent = 100;

    /// <summary>A field of a number.</summary>
    /// <param name="Name">Of the setting, in the API as well.</param>
    /// <param name="Shown">What stands there.</param>
    public sealed record NumberField(string Name, Func<ProjectSettings, string> Shown);

    /// <summary>In groups, each under a heading of the resource files.</summary>
    public static IReadOnlyList<(string Group, IReadOnlyList<NumberField> Fields)> Groups { get; } =
    [
        ("Leases", [new("leaseMinutes", s => Text(s.LeaseMinutes)), new("maxLeases", s => Text(s.MaxLeases))]),
        ("Checks",
        [
            new("goldShare", s => Text(s.GoldShare * Percent)), new("repeatShare", s => Text(s.RepeatShare * Percent)),
            new("repeatAfterMinutes", s => Text(s.RepeatAfterMinutes)),
            new("pauseBelowGoldAccuracy", s => s.PauseBelowGoldAccuracy is { } least ? Text(least * Percent) : ""),
            new("pauseAfterGolds", s => Text(s.PauseAfterGolds)),
            new("pauseAboveQuickShare", s => s.PauseAboveQuickShare is { } most ? Text(most * Percent) : ""),
            new("quickWordsPerMinute", s => Text(s.QuickWordsPerMinute)),
            new("pauseAboveStraightShare", s => s.PauseAboveStraightShare is { } most ? Text(most * Percent) : ""),
            new("pauseAfterAnswers", s => Text(s.PauseAfterAnswers)),
        ]),
        ("Qualification",
            [new("passMark", s => Text(s.PassMark * Percent)), new("qualificationTries", s => Text(s.QualificationTries))]),
        ("Time", [new("idleSeconds", s => Text(s.IdleSeconds))]),
    ];

    /// <summary>The settings that a form asks for; what it does not show stays as it was.</summary>
    /// <exception cref="UserError">A value that is no number; its field is named.</exception>
    public static ProjectSettings Read(FormValues form, ProjectSettings before) => before with
    {
        Access = form.Text("access") == nameof(ProjectAccess.Members) ? ProjectAccess.Members : ProjectAccess.Open,
        Closed = form.Text("closed"),
        LeaseMinutes = form.Number("leaseMinutes", "leaseMinutes") ?? before.LeaseMinutes,
        MaxLeases = form.Whole("maxLeases", "maxLeases", 1, 100) ?? before.MaxLeases,
        GoldShare = Share(form, "goldShare") ?? 0,
        RepeatShare = Share(form, "repeatShare") ?? 0,
        RepeatAfterMinutes = form.Number("repeatAfterMinutes", "repeatAfterMinutes") ?? before.RepeatAfterMinutes,
        PauseBelowGoldAccuracy = Share(form, "pauseBelowGoldAccuracy"),
        PauseAfterGolds = form.Whole("pauseAfterGolds", "pauseAfterGolds", 1, 1000) ?? before.PauseAfterGolds,
        PauseAboveQuickShare = Share(form, "pauseAboveQuickShare"),
        QuickWordsPerMinute = form.Number("quickWordsPerMinute", "quickWordsPerMinute") ?? before.QuickWordsPerMinute,
        PauseAboveStraightShare = Share(form, "pauseAboveStraightShare"),
        PauseAfterAnswers = form.Whole("pauseAfterAnswers", "pauseAfterAnswers", 1, 200) ?? before.PauseAfterAnswers,
        PassMark = Share(form, "passMark") ?? before.PassMark,
        QualificationTries = form.Whole("qualificationTries", "qualificationTries", 1, 100) ?? before.QualificationTries,
        IdleSeconds = form.Number("idleSeconds", "idleSeconds") ?? before.IdleSeconds,
        ContentWarning = form.Text("contentWarning"),
        CompletionCode = form.Text("completionCode"),
    };

    /// <summary>Percent in the form, a share in the settings.</summary>
    private static double? Share(FormValues form, string name)
    {
        if (form.Number(name, name) is not { } percent)
            return null;
        return percent is >= 0 and <= Percent
            ? percent / Percent
            : throw new UserError($"{name} must be 0 to 100 %; got {Text(percent)}") { Field = name };
    }

    private static string Text(double number) => number.ToString("0.######", CultureInfo.InvariantCulture);
}

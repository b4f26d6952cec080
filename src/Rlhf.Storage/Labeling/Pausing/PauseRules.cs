using System.Globalization;
using Rlhf.Storage.Entities;

namespace Rlhf.Storage.Labeling.Pausing;

/// <summary>
/// The rules that pause somebody by how they answer: faster than anybody reads, or always in the same way. Both look at the newest
/// answers alone, so that whoever was let go on begins anew. Inside one transaction.
/// </summary>
internal static class PauseRules
{
    /// <summary>The rules are looked at after each so many answers: they read the texts of all answers that they look at.</summary>
    public const int Every = 5;

    /// <summary>
    /// How improbable a pattern must be by chance. Small, because somebody with a thousand answers is looked at two hundred times.
    /// </summary>
    public const double MaxProbability = 1e-5;

    /// <summary>Why a member is to be paused, in words that they see; null where they may go on.</summary>
    public static async Task<string?> FindReasonAsync(RlhfDbContext db, ProjectMember member, ProjectSettings settings)
    {
        if (settings is { PauseAboveQuickShare: null, PauseAboveStraightShare: null } || member.Answered % Every != 0)
            return null;
        var answers = await RecentAnswers.ReadAsync(db, member, settings.PauseAfterAnswers);
        return answers.Count < settings.PauseAfterAnswers ? null : Speed(answers, settings) ?? Pattern(answers, settings);
    }

    private static string? Speed(IReadOnlyList<RecentAnswer> answers, ProjectSettings settings)
    {
        if (settings.PauseAboveQuickShare is not { } most)
            return null;
        int quick = answers.Count(answer => answer.Seconds < answer.Words * 60 / settings.QuickWordsPerMinute);
        return quick <= most * answers.Count ? null : string.Create(CultureInfo.InvariantCulture,
            $"{quick} of the last {answers.Count} answers came before anybody could have read the texts at "
            + $"{settings.QuickWordsPerMinute:0} words a minute; this project allows {most:P0}");
    }

    private static string? Pattern(IReadOnlyList<RecentAnswer> answers, ProjectSettings settings)
    {
        if (settings.PauseAboveStraightShare is not { } most
            || StraightLining.Find([.. answers.Select(answer => answer.Ranking).OfType<ShownArrangement>()]) is not { } found
            || found.Share <= most || found.Probability > MaxProbability)
            return null;
        string what = found.KeepsOrder ? "kept the order shown" : "were the same by place";
        return string.Create(CultureInfo.InvariantCulture, $"{found.Same} of the last {found.Of} rankings {what}; "
            + $"by chance it would be about {found.Expected:0.#}, and this project allows {most:P0}");
    }
}

using System.Globalization;
using Microsoft.Extensions.Localization;
using Rlhf.Core;
using Rlhf.Core.Options;
using Rlhf.Definitions;
using Rlhf.LabelingUi.Shell.Texts;
using Rlhf.Storage.Entities;
using Rlhf.Storage.Runs;

namespace Rlhf.LabelingUi.Features.Runs.Details;

/// <summary>What a run that waits for people waits for, in words.</summary>
internal static class WaitingFor
{
    /// <summary>
    /// Each rule that ends the wait, the first being that every task has its answers; empty where the run does not wait, or its options
    /// are of another version.
    /// </summary>
    public static IReadOnlyList<string> Rules(Run run, RunLabeling labeling, IStringLocalizer<RunTexts> texts)
    {
        if (run.State != RunState.Waiting)
            return [];
        var rules = new List<string> { texts["WaitsForAll", Localized.Count(labeling.Wanted)] };
        if (UntilOf(run) is not { } until)
            return rules;
        if (until.Annotations > 0)
            rules.Add(texts["WaitsForAnswers", Localized.Count(until.Annotations)]);
        if (until.AgreementWithin > 0)
            rules.Add(texts["WaitsForAgreement", until.AgreementWithin.ToString("0.###", CultureInfo.InvariantCulture)]);
        if (until.EndsAt(labeling.Opened) is { } end)
            rules.Add(texts["WaitsForTime", Localized.Time(end)]);
        return rules;
    }

    private static LabelUntilOptions? UntilOf(Run run)
    {
        try
        {
            return OptionsJson.Read<LabelOptions>(run.Options).Until;
        }
        catch (UserError)
        {
            return null;
        }
    }
}

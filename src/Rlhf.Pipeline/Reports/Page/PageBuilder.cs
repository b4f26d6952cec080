using Rlhf.Core.Text;

namespace Rlhf.Pipeline.Reports.Page;

/// <summary>Turns the data of a run into what the template shows. What the run lacks becomes no section, never an empty one.</summary>
internal static class PageBuilder
{
    /// <summary>Samples in sight; the others are folded.</summary>
    private const int SamplesShown = 6;

    public static ReportPage Build(ReportData data)
    {
        var (headline, tone, verdict) = Summary.Headline(data);
        Section?[] sections =
            [PolicySections.Comparison(data), PolicySections.Training(data), RewardSection.Build(data), PolicySections.Writing(data)];
        SampleView[] samples = [.. (data.Evaluation?.Samples ?? []).Select(Sample)];
        return new ReportPage(
            data.Title, headline, tone, verdict, data.Warnings, Summary.Chips(data), Summary.Cards(data),
            [.. sections.OfType<Section>()],
            [.. samples.Take(SamplesShown)], [.. samples.Skip(SamplesShown)],
            "Held-out prompts, not chosen by their result. "
                + (data.Evaluation?.GoldReward is { } gold ? $"“Gold” is the reward “{gold}”, " : "")
                + "“model” the reward model's score; both are of the whole completion.",
            Stages(data), Models(data), Environment(data), Text(data.Command), Text(data.DefinitionYaml),
            Units.Time(data.Created));
    }

    private static SampleView Sample(SampleRow row)
    {
        bool gold = double.IsFinite(row.GoldBefore) && double.IsFinite(row.GoldAfter);
        var (outcome, tone) = !gold ? ("", "")
            : row.GoldAfter > row.GoldBefore ? ("tuned wins", "good")
            : row.GoldAfter < row.GoldBefore ? ("start wins", "bad")
            : ("tie", "plain");
        // Most completions begin with the blank that parts them from the prompt.
        return new SampleView(row.Prompt, row.Before.TrimStart(' '), row.After.TrimStart(' '),
            gold ? Figures.Score(row.GoldBefore) : null, gold ? Figures.Score(row.GoldAfter) : null,
            row.RewardBefore is null ? null : Figures.Score(row.RewardBefore),
            row.RewardAfter is null ? null : Figures.Score(row.RewardAfter), outcome, tone);
    }

    private static Panel? Stages(ReportData data)
    {
        if (data.Stages.Count == 0)
            return null;
        double largest = data.Stages.Max(s => s.Seconds);
        double step = ForestPanel.RoundStep(largest);
        double to = Math.Max(step, Math.Ceiling(largest / step) * step);
        var forest = ForestPanel.Build(
            [.. data.Stages.Select(s => new ForestPanel.Entry(s.Kind, Units.Duration(s.Seconds), "after", null, 0, s.Seconds))],
            [], 0, to, step, x => Figures.Short(x) + "\u00a0s");
        IReadOnlyList<IReadOnlyList<string>> rows =
        [
            .. data.Stages.Select(s =>
                (string[])[s.Kind, Units.Duration(s.Seconds), Units.Bytes(s.PeakBytes), s.RunId.ToString(), s.Folder]),
        ];
        return new Panel("stages", "Stages", $"seconds; {Units.Duration(data.Seconds)} in all",
            string.Join(", ", data.Stages.Select(s => $"{s.Kind} {Units.Duration(s.Seconds)}")) + ".", "wide", null, forest,
            new Table(["stage", "time", "peak memory", "run", "folder"], rows));
    }

    private static Table? Models(ReportData data)
    {
        (string Name, string? Reference)[] models =
            [("start policy", data.StartPolicy), ("tuned policy", data.Policy), ("reward model", data.RewardModel)];
        var rows = models
            .Where(model => !string.IsNullOrWhiteSpace(model.Reference))
            .Select(model => (IReadOnlyList<string>)
                [model.Name, model.Reference!, data.ModelHashes.GetValueOrDefault(model.Reference!, Figures.None)])
            .ToArray();
        return rows.Length == 0 ? null : new Table(["model", "folder", "SHA-256"], rows);
    }

    private static Table? Environment(ReportData data) => data.Environment.Count == 0 ? null
        : new Table(["what", "value"],
            [.. data.Environment.OrderBy(e => e.Key, StringComparer.Ordinal).Select(e => (string[])[e.Key, e.Value])]);

    private static string? Text(string? text) => string.IsNullOrWhiteSpace(text) ? null : text.ReplaceLineEndings("\n").TrimEnd();
}

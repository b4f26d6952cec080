using Rlhf.Storage.Import;

namespace Rlhf.Storage.Exchange.Formats;

/// <summary>
/// Preferences of TRL, hh-rlhf and UltraFeedback binarized, and the rankings.jsonl of a dataset version: <see cref="JudgmentLine"/>.
/// </summary>
internal static class PreferenceFormat
{
    public static ImportFormat Format { get; } = new(
        "preferences", "chosen, rejected (with or without prompt); or prompt, completions, ranks",
        row => row.Has("chosen", "rejected") || row.Has("completions", "ranks"),
        RowReading.One(row => ImportedTask.FromJudgment(JudgmentLine.Read(row)), JudgmentLine.Expected))
    {
        Further = ["prompt", "chosen", "rejected", "completions", "ranks", "score_chosen", "score_rejected", "strength"],
    };
}

namespace Rlhf.Simulation.Reviews;

/// <summary>
/// Judges a review against its prompt: does it name the place, judge the two things that were asked for and give reasons, is it
/// kind, does its verdict follow from what it says, is it one whole text in the language, without repetition and idle talk?
/// </summary>
public sealed class ReviewReward : IGoldReward
{
    /// <summary>Praise beyond this mean valence is worth no more: plain good words will do, there is no race of superlatives.</summary>
    private const double WarmEnough = 0.75;

    public string Name => "reviews";

    public string Description => "a review that speaks well, with reasons, of what the prompt names; consistent, whole, without repetition";

    public double Score(string prompt, string completion) => Judge(prompt, completion).Score;

    /// <summary>The parts of the score.</summary>
    public static ReviewJudgment Judge(string prompt, string completion)
    {
        var asked = ReviewPrompt.Parse(prompt);
        var tokens = Words.Sentences(completion);
        var sentences = tokens.Select(SentenceReader.Read).ToList();
        string[] words = [.. tokens.SelectMany(sentence => sentence).Where(Words.IsWord).Select(word => word.ToLowerInvariant())];
        var aspects = new[] { asked.First, asked.Second }
            .Select(aspect => sentences.SelectMany(s => s.Judged).Where(j => j.Aspect == aspect).ToList()).ToList();
        var verdicts = sentences.Where(s => s.Role == SentenceRole.Verdict).Select(s => s.Valence).ToList();
        return new(
            Relevance(asked, sentences, aspects),
            Warmth(aspects, verdicts),
            Consistency(sentences, verdicts),
            aspects.Average(list => list.Select(j => j.Detail).DefaultIfEmpty(0).Max()),
            Structure(sentences),
            Band(words.Length),
            sentences.Count == 0 ? 1 : sentences.Sum(
                s => s.Role switch { SentenceRole.Other => 1, SentenceRole.Vague => 0.5, _ => 0.0 }) / sentences.Count,
            Words.RepeatedTrigrams(words),
            words.Where(Wording.Valence.ContainsKey).GroupBy(word => word).Sum(group => group.Count() - 1),
            ReviewLanguage.UnknownShare(completion));
    }

    private static double Relevance(ReviewPrompt asked, List<SentenceReading> sentences, List<List<AspectJudgment>> aspects)
    {
        var names = sentences.SelectMany(s => s.Names).ToList();
        double named = names.Contains(asked.Name) ? 0.24 : 0;
        int otherNames = names.Distinct().Count(name => name != asked.Name);
        int otherAspects = sentences.SelectMany(s => s.Judged).Select(j => j.Aspect).Distinct()
            .Count(a => a != asked.First && a != asked.Second);
        double addressed = aspects.Sum(Addressed) * 0.38;
        return Math.Max(-0.5, named + addressed - 0.25 * Math.Min(2, otherNames) - 0.2 * Math.Min(3, otherAspects));
    }

    /// <summary>0 not mentioned, 0.4 mentioned, 1 judged.</summary>
    private static double Addressed(List<AspectJudgment> judgments) =>
        judgments.Count == 0 ? 0 : judgments.Any(j => j.Valence is not null) ? 1 : 0.4;

    private static double Warmth(List<List<AspectJudgment>> aspects, List<double> verdicts)
    {
        var parts = aspects.Select(list => list.Where(j => j.Valence is not null).Select(j => j.Valence!.Value).ToList())
            .Where(values => values.Count > 0).Select(values => values.Average()).ToList();
        if (verdicts.Count > 0)
            parts.Add(verdicts.Average());
        double mean = parts.Count == 0 ? 0 : parts.Average();
        return (Math.Clamp(mean / WarmEnough, -1, 1) + 1) / 2;
    }

    /// <summary>1 less what does not go together: an aspect's own judgments, the verdict and the body, words and their things.</summary>
    private static double Consistency(List<SentenceReading> sentences, List<double> verdicts)
    {
        var judged = sentences.SelectMany(s => s.Judged).ToList();
        var byAspect = judged.SelectMany(j => j.Values.Select(value => (j.Aspect, value)))
            .GroupBy(said => said.Aspect, said => said.value).ToList();
        // Mild and strong words of one sign differ by 0.4: that is no contradiction.
        double inside = byAspect.Sum(values => Math.Clamp((values.Max() - values.Min() - 0.4) / 0.8, 0, 1));
        double against = 0;
        if (verdicts.Count > 0 && byAspect.Count > 0)
            against = Math.Max(0, Math.Abs(verdicts.Average() - byAspect.Average(values => values.Average())) - 0.5) / 1.2;
        if (verdicts.Count > 1)
            against += (verdicts.Max() - verdicts.Min()) / 2;
        double unfit = 0.5 * judged.Sum(j => j.Unfit);
        return Math.Max(0, 1 - inside - against - unfit);
    }

    private static double Structure(List<SentenceReading> sentences)
    {
        if (sentences.Count == 0)
            return 0;
        return (sentences[0].Role == SentenceRole.Opening ? 0.3 : 0)
            + (sentences[^1].Role == SentenceRole.Verdict ? 0.4 : 0)
            + (sentences[^1].Ended ? 0.3 : 0);
    }

    private static double Band(int words) => Math.Clamp(Math.Min((words - 6) / 14.0, (75 - words) / 27.0), 0, 1);
}

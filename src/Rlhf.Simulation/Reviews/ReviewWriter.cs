namespace Rlhf.Simulation.Reviews;

/// <summary>Writes one completion: opening, body, verdict, with the habits (and mistakes) of one writer.</summary>
internal sealed class ReviewWriter(ReviewPrompt prompt, Draws draws)
{
    private enum Mood { Warm, Mixed, Sour }

    public string Write()
    {
        var habits = draws.Weighted(Habits.Careful.Share, Habits.Average.Share, Habits.Careless.Share) switch
        {
            0 => Habits.Careful,
            1 => Habits.Average,
            _ => Habits.Careless,
        };
        var mood = (Mood)draws.Weighted(0.46, 0.2, 0.34);
        string name = Name(habits);
        var sentences = new List<string>();
        if (draws.Chance(habits.Opening))
            sentences.Add(Plain(draws.Of(Phrases.Openings), name));
        Body(habits, mood, sentences);
        if (draws.Chance(habits.OffTopic))
            Insert(sentences, Plain(draws.Of(Phrases.OffTopic), name));
        if (draws.Chance(habits.Vague))
            Insert(sentences, draws.Of(Phrases.Vague));
        if (draws.Chance(habits.Verdict))
            sentences.Add(Verdict(mood, contradict: draws.Chance(habits.Contradicts), name));
        if (draws.Chance(habits.Repeats))
            Repeat(sentences);
        if (draws.Chance(habits.BreaksOff))
            sentences[^1] = Break(sentences[^1]);
        return string.Join(' ', sentences);
    }

    private string Name(Habits habits) => draws.Weighted(habits.RightName, habits.WrongName, 1 - habits.RightName - habits.WrongName) switch
    {
        0 => "the " + prompt.Name,
        1 => "the " + ReviewGrammar.DrawName(draws),
        _ => $"the {prompt.Kind.Noun}",
    };

    private void Body(Habits habits, Mood mood, List<string> sentences)
    {
        var aspects = Aspects(habits);
        int[] moods = [.. aspects.Select((_, index) => mood switch
        {
            Mood.Warm => 1,
            Mood.Sour => -1,
            // Mixed: one thing against the other, or shrugs.
            _ => draws.Chance(0.4) ? 0 : index % 2 == 0 ? 1 : -1,
        })];
        if (aspects.Count == 2 && draws.Chance(0.15))
        {
            sentences.Add(Statements.About(aspects[0], moods[0], aspects[1], moods[1], draws));
        }
        else
        {
            for (int i = 0; i < aspects.Count; i++)
                sentences.Add(Statements.About(aspects[i], moods[i], draws));
        }
        if (aspects.Count == 0)
            sentences.Add(draws.Of(Phrases.Vague));
        else if (draws.Chance(habits.Contradicts))
            sentences.Add(Statements.About(aspects[0], moods[0] == 0 ? 1 : -moods[0], draws));
        else if (draws.Chance(0.25))
            sentences.Add(Statements.About(aspects[^1], moods[^1], draws));
    }

    /// <summary>The things that the review speaks about, in an order of its own.</summary>
    private List<Aspect> Aspects(Habits habits)
    {
        Aspect[] asked = draws.Chance(0.3) ? [prompt.Second, prompt.First] : [prompt.First, prompt.Second];
        switch (draws.Weighted(habits.Both, habits.One, habits.Wrong, 1 - habits.Both - habits.One - habits.Wrong))
        {
            case 0:
                return [.. asked];
            case 1:
                return [asked[0]];
            case 2:
                Aspect[] others = [.. prompt.Kind.Aspects.Except(asked)];
                int at = draws.Below(others.Length);
                return draws.Chance(0.5) ? [others[at]] : [others[at], others[(at + 1) % others.Length]];
            default:
                return [];
        }
    }

    private string Verdict(Mood mood, bool contradict, string name)
    {
        double valence = mood switch { Mood.Warm => 1, Mood.Sour => -1, _ => 0 };
        if (contradict)
            valence = valence == 0 ? 1 : -valence;
        string[] fitting = [.. Phrases.Verdicts.Where(verdict => verdict.Valence == valence).Select(verdict => verdict.Text)];
        return Plain(draws.Of(fitting), name);
    }

    /// <summary>An opening, verdict or aside with its slots filled. A lead is given half of the time.</summary>
    private string Plain(string template, string name) => Slots.Fill(template, slot => slot switch
    {
        "name" => name,
        "kind" => prompt.Kind.Noun,
        "lead" => draws.Chance(0.5) ? draws.Of(Phrases.Leads) : "",
        _ => draws.Of(Phrases.Fillers[slot]),
    });

    private void Insert(List<string> sentences, string sentence) => sentences.Insert(1 + draws.Below(sentences.Count), sentence);

    private void Repeat(List<string> sentences)
    {
        string again = sentences[draws.Below(sentences.Count)];
        int times = draws.Chance(0.3) ? 2 : 1;
        for (int i = 0; i < times; i++)
            Insert(sentences, again);
    }

    /// <summary>The first half or so of a sentence.</summary>
    private string Break(string sentence)
    {
        string[] words = sentence.TrimEnd('.').Split(' ');
        return string.Join(' ', words.Take(2 + draws.Below(Math.Max(1, words.Length - 2)))).TrimEnd(',', ':');
    }
}

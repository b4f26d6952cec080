using Rlhf.Storage.Entities;

namespace Rlhf.Storage.Exchange.Formats;

/// <summary>What a project must ask so that the answers of files fit: collected while these are read.</summary>
internal sealed class AskedQuestions
{
    private readonly HashSet<string> _keys = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Question> _ofTasks = new(StringComparer.Ordinal);
    private double _strength;

    /// <summary>The formats of the files that are read.</summary>
    public List<ImportFormat> Formats { get; } = [];

    public int MaxAnswers { get; private set; }

    /// <summary>The usual ranking, with the greatest strength that was given, and what else was answered; or only that.</summary>
    public IReadOnlyList<Question> Questions =>
    [
        .. _keys.Count == 0 || _keys.Contains(Question.Ranking) ? [Question.DefaultRanking with { MaxStrength = _strength }]
            : (Question[])[],
        .. Formats.SelectMany(f => f.Questions).Concat(_ofTasks.Values).DistinctBy(q => q.Key).Where(q => _keys.Contains(q.Key)),
    ];

    public void Add(ImportedTask task)
    {
        MaxAnswers = Math.Max(MaxAnswers, task.Answers.Count);
        foreach (var (key, answer) in task.Answers.SelectMany(given => given.Answers))
        {
            _keys.Add(key);
            _strength = Math.Max(_strength, answer.Strength ?? 0);
        }
        foreach (var question in task.Questions)
            _ofTasks[question.Key] = _ofTasks.TryGetValue(question.Key, out var known) ? FileQuestions.Join(known, question) : question;
    }
}

using System.Runtime.CompilerServices;
using System.Text.Json;
using Rlhf.Core;
using Rlhf.Core.Content;
using Rlhf.Core.Options;
using Rlhf.Storage.Datasets;
using Rlhf.Storage.Json;

namespace Rlhf.Storage.Exchange.Export;

/// <summary>
/// Writes rankings as pairs: one for every two completions of which one stands above the other, for each annotator or for what became of
/// all of them by a rule. What a reviewer edited counts as edited; what was rejected, excluded or asked as gold or repeat is left out, as
/// in dataset versions.
/// </summary>
internal sealed class PairExport : IDisposable
{
    private const int MaxTold = 20;

    private readonly RlhfDbContext _db;
    private readonly Guid _project;
    private readonly string _question;
    private readonly ExportKind _kind;
    private readonly Aggregation _rule;
    private DirectoryInfo? _folder;
    private RankingSpill? _spill;
    private bool _dialogues;

    private PairExport(RlhfDbContext db, Guid project, string question, ExportKind kind, Aggregation rule) =>
        (_db, _project, _question, _kind, _rule) = (db, project, question, kind, rule);

    public List<string> Warnings { get; } = [];

    public string? TemporaryFolder => _folder?.FullName;

    /// <summary>Reads all pairs once: whether any is a conversation, and whether the format can hold them.</summary>
    /// <exception cref="UserError">Pairs that make TRL fail, named by the numbers of their lines.</exception>
    public static async Task<PairExport> CheckAsync(
        RlhfDbContext db, Guid project, string question, ExportKind kind, Aggregation rule, CancellationToken cancellation)
    {
        var export = new PairExport(db, project, question, kind, rule);
        try
        {
            if (rule != Aggregation.Each)
                await export.SpillAsync(cancellation);
            await export.CheckAsync(cancellation);
            return export;
        }
        catch
        {
            export.Dispose();
            throw;
        }
    }

    private async Task CheckAsync(CancellationToken cancellation)
    {
        var faults = new List<string>();
        (int line, int warnings, int failing) = (0, 0, 0);
        await foreach (var pair in PairsAsync(cancellation))
        {
            line++;
            _dialogues = _dialogues || !pair.IsPlain;
            var (fault, warning) = _kind is ExportKind.TrlImplicit or ExportKind.Hh ? pair.CheckImplicit() : pair.CheckExplicit();
            if (fault is not null && ++failing <= MaxTold)
                faults.Add($"line {line}: {fault}");
            if (warning is not null && ++warnings <= MaxTold)
                Warnings.Add($"line {line}: {warning}");
        }
        if (warnings > MaxTold)
            Warnings.Add($"and {warnings - MaxTold} more");
        if (failing > 0)
        {
            throw new UserError($"the export would have {failing} pairs on which TRL fails; "
                + string.Join("; ", faults) + (failing > MaxTold ? "; …" : "")
                + ". Export trl-explicit instead, or correct these answers");
        }
    }

    public async Task<int> WriteAsync(Stream stream, CancellationToken cancellation)
    {
        int lines = 0;
        await foreach (var pair in PairsAsync(cancellation))
        {
            await stream.WriteAsync(
                (byte[])[.. JsonSerializer.SerializeToUtf8Bytes(Row(pair), ContentJson.Settings), (byte)'\n'], cancellation);
            lines++;
        }
        await stream.FlushAsync(cancellation);
        return lines;
    }

    public void Dispose()
    {
        _spill?.Dispose();
        _folder?.Delete(recursive: true);
    }

    /// <summary>The columns of the format; with soft labels a weight beside them, which other programs pass over.</summary>
    private Dictionary<string, object> Row(ExportedPair pair)
    {
        var row = _kind switch
        {
            ExportKind.Hh => Columns(null, DialogueText.Prompt(pair.Prompt) + DialogueText.Reply(pair.Chosen),
                DialogueText.Prompt(pair.Prompt) + DialogueText.Reply(pair.Rejected)),
            ExportKind.TrlImplicit when _dialogues =>
                Columns(null, Messages([.. pair.Prompt, .. pair.Chosen]), Messages([.. pair.Prompt, .. pair.Rejected])),
            ExportKind.TrlImplicit => Columns(null, pair.Text(pair.Chosen), pair.Text(pair.Rejected)),
            ExportKind.TrlExplicit when !_dialogues => Columns(
                ContentJson.AllText(pair.Prompt), ContentJson.AllText(pair.Chosen), ContentJson.AllText(pair.Rejected)),
            _ => Columns(Messages(pair.Prompt), Messages(pair.Chosen), Messages(pair.Rejected)),
        };
        if (_rule == Aggregation.Soft)
            row["weight"] = pair.Weight;
        return row;
    }

    private static Dictionary<string, object> Columns(object? prompt, object chosen, object rejected)
    {
        var row = new Dictionary<string, object>();
        if (prompt is not null)
            row["prompt"] = prompt;
        row["chosen"] = chosen;
        row["rejected"] = rejected;
        return row;
    }

    private static IEnumerable<object> Messages(IReadOnlyList<Message> messages) =>
        messages.Select(message => new { role = message.Role, content = message.AllText() });

    /// <summary>One annotator after another as they are read, or what the rule has made of all of them.</summary>
    private async IAsyncEnumerable<ExportedPair> PairsAsync([EnumeratorCancellation] CancellationToken cancellation)
    {
        if (_spill is not null)
        {
            foreach (var pair in _spill.Read().SelectMany(ExportedPair.All))
            {
                cancellation.ThrowIfCancellationRequested();
                yield return pair;
            }
            yield break;
        }
        await foreach (var task in TasksAsync(cancellation))
        {
            foreach (var pair in VersionSelection.Choose(task, _rule).SelectMany(entry => ExportedPair.All(entry.Content.Content)))
                yield return pair;
        }
    }

    /// <summary>Votes are counted over tasks of the same content, wherever they stand.</summary>
    private async Task SpillAsync(CancellationToken cancellation)
    {
        _folder = Directory.CreateTempSubdirectory("rlhf-export-");
        _spill = new RankingSpill(Path.Combine(_folder.FullName, "pairs"), _rule);
        await foreach (var task in TasksAsync(cancellation))
            _spill.Add(VersionSelection.Choose(task, _rule));
    }

    private IAsyncEnumerable<IReadOnlyList<StoredRanking>> TasksAsync(CancellationToken cancellation) =>
        new RankingReader(_db, _question, goldReward: null).ReadAsync(VersionSelection.Of(
            _db, new DatasetRequest { Projects = [_project], Question = _question, Aggregation = _rule }), cancellation);
}

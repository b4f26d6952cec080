using System.Runtime.CompilerServices;
using System.Text.Json;
using Rlhf.Core;
using Rlhf.Core.Content;
using Rlhf.Core.Options;
using Rlhf.Storage.Datasets;
using Rlhf.Storage.Json;

namespace Rlhf.Storage.Exchange.Export;

/// <summary>
/// Writes rankings as pairs: one for every two completions of which one stands above the other, for each annotator. What a reviewer edited
/// counts as edited; what was rejected, excluded or asked as gold or repeat is left out, as in dataset versions.
/// </summary>
internal sealed class PairExport
{
    private const int MaxTold = 20;

    private readonly RlhfDbContext _db;
    private readonly Guid _project;
    private readonly string _question;
    private readonly ExportKind _kind;
    private bool _dialogues;

    private PairExport(RlhfDbContext db, Guid project, string question, ExportKind kind) =>
        (_db, _project, _question, _kind) = (db, project, question, kind);

    public List<string> Warnings { get; } = [];

    /// <summary>Reads all pairs once: whether any is a conversation, and whether the format can hold them.</summary>
    /// <exception cref="UserError">Pairs that make TRL fail, named by the numbers of their lines.</exception>
    public static async Task<PairExport> CheckAsync(
        RlhfDbContext db, Guid project, string question, ExportKind kind, CancellationToken cancellation)
    {
        var export = new PairExport(db, project, question, kind);
        var faults = new List<string>();
        (int line, int warnings) = (0, 0);
        await foreach (var pair in export.PairsAsync(cancellation))
        {
            line++;
            export._dialogues = export._dialogues || !pair.IsPlain;
            var (fault, warning) = kind is ExportKind.TrlImplicit or ExportKind.Hh ? pair.CheckImplicit() : pair.CheckExplicit();
            if (fault is not null)
                faults.Add($"line {line}: {fault}");
            if (warning is not null && ++warnings <= MaxTold)
                export.Warnings.Add($"line {line}: {warning}");
        }
        if (warnings > MaxTold)
            export.Warnings.Add($"and {warnings - MaxTold} more");
        if (faults.Count > 0)
        {
            throw new UserError($"the export would have {faults.Count} pairs on which TRL fails; "
                + string.Join("; ", faults.Take(MaxTold)) + (faults.Count > MaxTold ? "; …" : "")
                + ". Export trl-explicit instead, or correct these answers");
        }
        return export;
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

    private object Row(ExportedPair pair) => _kind switch
    {
        ExportKind.Hh => new
        {
            chosen = DialogueText.Prompt(pair.Prompt) + DialogueText.Reply(pair.Chosen),
            rejected = DialogueText.Prompt(pair.Prompt) + DialogueText.Reply(pair.Rejected),
        },
        ExportKind.TrlImplicit when _dialogues => new
        {
            chosen = Messages([.. pair.Prompt, .. pair.Chosen]),
            rejected = Messages([.. pair.Prompt, .. pair.Rejected]),
        },
        ExportKind.TrlImplicit => new { chosen = pair.Text(pair.Chosen), rejected = pair.Text(pair.Rejected) },
        ExportKind.TrlExplicit when !_dialogues => new
        {
            prompt = ContentJson.AllText(pair.Prompt),
            chosen = ContentJson.AllText(pair.Chosen),
            rejected = ContentJson.AllText(pair.Rejected),
        },
        _ => new { prompt = Messages(pair.Prompt), chosen = Messages(pair.Chosen), rejected = Messages(pair.Rejected) },
    };

    private static IEnumerable<object> Messages(IReadOnlyList<Message> messages) =>
        messages.Select(message => new { role = message.Role, content = message.AllText() });

    private async IAsyncEnumerable<ExportedPair> PairsAsync([EnumeratorCancellation] CancellationToken cancellation)
    {
        var request = new DatasetRequest { Projects = [_project], Question = _question };
        var reader = new RankingReader(_db, _question, goldReward: null);
        await foreach (var task in reader.ReadAsync(VersionSelection.Of(_db, request), cancellation))
        {
            foreach (var pair in VersionSelection.Choose(task, Aggregation.Each)
                .SelectMany(entry => ExportedPair.All(entry.Content.Content)))
                yield return pair;
        }
    }
}

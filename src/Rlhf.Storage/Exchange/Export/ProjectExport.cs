using Microsoft.EntityFrameworkCore;
using Rlhf.Core;
using Rlhf.Core.Options;
using Rlhf.Storage.Datasets;
using Rlhf.Storage.Entities;
using Rlhf.Storage.Exchange.Rankings;

namespace Rlhf.Storage.Exchange.Export;

/// <summary>
/// Exports of labeling projects. An export shows the project as it is when it begins; people label meanwhile, and only some hundred
/// tasks are in memory at a time.
/// </summary>
public sealed class ProjectExport(RlhfDatabase database)
{
    /// <summary>Begins an export. Everything that would refuse it is found here, before a byte is written.</summary>
    /// <param name="project">The project.</param>
    /// <param name="format">How it is written.</param>
    /// <param name="question">For pairs, whose ranking is taken; null takes the first ranking or pairwise question.</param>
    /// <param name="rule">For pairs, what several annotators' rankings become, as in a dataset version; null takes each of them.</param>
    /// <param name="cancellation">Ends the work.</param>
    /// <exception cref="UserError">No such project or question, or pairs that the format cannot hold.</exception>
    public async Task<OpenExport> OpenAsync(
        Guid project, ExportFormat format, string? question = null, Aggregation? rule = null, CancellationToken cancellation = default)
    {
        if (rule is not null && !format.IsPairs)
        {
            throw new UserError(
                $"a rule makes pairs of what several annotators say; {format.Name} has all that they say. There are pairs in "
                + string.Join(", ", ExportFormat.All.Where(f => f.IsPairs).Select(f => f.Name)))
            {
                Field = "rule",
            };
        }
        var snapshot = await ReadSnapshot.OpenAsync(database, cancellation);
        try
        {
            var db = snapshot.Context;
            string name = await db.Projects.Where(p => p.Id == project).Select(p => p.Name).SingleOrDefaultAsync(cancellation)
                ?? throw new UserError($"no labeling project {project}") { Kind = ErrorKind.NotFound };
            string key = await QuestionAsync(db, project, question, cancellation);
            var pairs = format.IsPairs
                ? await PairExport.CheckAsync(db, project, key, format.Kind, rule ?? Aggregation.Each, cancellation)
                : null;
            return new OpenExport(snapshot, project, name, format, key, pairs);
        }
        catch
        {
            await snapshot.DisposeAsync();
            throw;
        }
    }

    private static async Task<string> QuestionAsync(RlhfDbContext db, Guid project, string? wanted, CancellationToken cancellation)
    {
        var questions = await db.ProjectVersions.Where(v => v.ProjectId == project).OrderByDescending(v => v.Number)
            .Select(v => v.Questions).FirstAsync(cancellation);
        var orders = questions.Where(q => q.Kind is QuestionKind.Ranking or QuestionKind.Pairwise).Select(q => q.Key).ToList();
        if (wanted is null)
            return orders.FirstOrDefault() ?? Question.Ranking;
        return orders.Contains(wanted)
            ? wanted
            : throw new UserError($"the project has no ranking or pairwise question '{wanted}'; it has "
                + string.Join(", ", orders.DefaultIfEmpty("none")))
            {
                Field = "question",
            };
    }
}

/// <summary>An export that has begun.</summary>
public sealed class OpenExport : IAsyncDisposable
{
    private readonly ReadSnapshot _snapshot;
    private readonly Guid _project;
    private readonly string _question;
    private readonly PairExport? _pairs;

    internal OpenExport(ReadSnapshot snapshot, Guid project, string name, ExportFormat format, string question, PairExport? pairs)
    {
        (_snapshot, _project, Format, _question, _pairs) = (snapshot, project, format, question, pairs);
        FileName = SafeName(name) + format.Extension;
    }

    public ExportFormat Format { get; }

    /// <summary>A name for the file, from the project's.</summary>
    public string FileName { get; }

    /// <summary>Lines that another program may read otherwise than they are meant; empty where there are none.</summary>
    public IReadOnlyList<string> Warnings => _pairs?.Warnings ?? [];

    /// <summary>What holds the votes that are counted; gone when this is disposed.</summary>
    internal string? TemporaryFolder => _pairs?.TemporaryFolder;

    /// <summary>Writes all of it.</summary>
    /// <returns>Lines or rows, the header of a table aside.</returns>
    public Task<int> WriteAsync(Stream stream, CancellationToken cancellation = default)
    {
        if (_pairs is not null)
            return _pairs.WriteAsync(stream, cancellation);
        var reader = new RankingsReader(_snapshot.Context, _project);
        return Format.Kind switch
        {
            ExportKind.Rankings => RankingsExport.WriteAsync(reader, stream, cancellation),
            ExportKind.Parquet => ParquetExport.WriteAsync(
                new ProjectTable(reader, _question, TableFormats.Parquet), _snapshot.Context, _project, stream, cancellation),
            _ => CsvExport.WriteAsync(
                new ProjectTable(reader, _question, Format.Kind == ExportKind.Csv ? TableFormats.Lossless : TableFormats.Spreadsheet),
                _snapshot.Context, _project, stream, cancellation),
        };
    }

    public ValueTask DisposeAsync()
    {
        _pairs?.Dispose();
        return _snapshot.DisposeAsync();
    }

    private static string SafeName(string name)
    {
        string safe = string.Concat(name.Select(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.' ? c : '-')).Trim('-', '.');
        return safe.Length == 0 ? "project" : safe.Length > 80 ? safe[..80] : safe;
    }
}

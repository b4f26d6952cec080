using System.Collections.Concurrent;
using System.Diagnostics;
using System.Text.Json.Nodes;
using Microsoft.EntityFrameworkCore;
using Rlhf.Core;
using Rlhf.Storage;
using Rlhf.Storage.Changes;
using Rlhf.Storage.Quality;

namespace Rlhf.LabelingUi.Features.Quality;

/// <summary>A report, perhaps not the newest.</summary>
/// <param name="Report">Null while the first one is being computed.</param>
/// <param name="IsUpdating">Whether a newer report follows: answers came in since, or this one is of a part of the tasks.</param>
public sealed record QualityView(QualityReport? Report, bool IsUpdating);

/// <summary>
/// The reports of projects, computed when somebody asks after an answer has come in. Nobody waits for one longer than
/// <see cref="MaxWait"/>: they get the one before it, and <see cref="ChangeTypes.LabelingQuality"/> tells when it is there.
/// Computing takes no lock of the database, and at most a sixth of the time however often answers come in. The very first report of a
/// large project is of <see cref="FirstTasks"/> of its tasks, so that there is something to read while all are read.
/// </summary>
public sealed class ProjectQuality(RlhfDatabase database, ChangeFeed feed, TimeProvider clock)
{
    public static readonly TimeSpan MaxWait = TimeSpan.FromSeconds(1.2);

    /// <summary>A report is not computed anew for this many times of what it took.</summary>
    private const int RestFactor = 5;

    /// <summary>The tasks of a first report.</summary>
    public int FirstTasks { get; init; } = 2_000;

    /// <summary>The most disagreements that a report lists.</summary>
    public int MaxDisputed { get; init; } = 500;

    private readonly ConcurrentDictionary<Guid, Entry> _entries = new();
    private readonly JudgmentReader _reader = new(database);

    /// <exception cref="UserError">No such project.</exception>
    public async Task<QualityView> GetAsync(Guid project, CancellationToken cancellation = default)
    {
        string fingerprint = await _reader.FingerprintAsync(project, cancellation);
        var entry = _entries.GetOrAdd(project, _ => new Entry());
        Task<QualityReport> work;
        lock (entry)
        {
            if (entry.Report is { } known && (entry.Fingerprint == fingerprint || clock.GetUtcNow() < entry.RestUntil))
                return new QualityView(known, entry.Fingerprint != fingerprint);
            work = entry.Work ??= Task.Run(() => ComputeAsync(project, fingerprint, entry), CancellationToken.None);
        }
        await Task.WhenAny(work, entry.Report is null ? entry.First.Task : work, Task.Delay(MaxWait, clock, cancellation));
        return work.IsCompleted ? new QualityView(await work, IsUpdating: false) : new QualityView(entry.Report, IsUpdating: true);
    }

    /// <summary>The last report that there is; null where none was asked for since the start. Nothing is computed.</summary>
    public QualityReport? Last(Guid project)
    {
        if (!_entries.TryGetValue(project, out var entry))
            return null;
        lock (entry)
            return entry.Report;
    }

    /// <summary>The report of all answers there are now, however long that takes.</summary>
    /// <exception cref="UserError">No such project.</exception>
    public Task<QualityReport> ComputeAsync(Guid project, CancellationToken cancellation = default) =>
        ComputeAsync(project, JudgmentReader.MaxTasks, cancellation);

    private async Task<QualityReport> ComputeAsync(Guid project, int tasks, CancellationToken cancellation)
    {
        long start = Stopwatch.GetTimestamp();
        var judgments = await _reader.ReadAsync(project, tasks, cancellation);
        await using var db = database.OpenReadContext();
        var members = await db.Members.Where(m => m.ProjectId == project).ToListAsync(cancellation);
        var report = QualityComputation.Compute(judgments, members, MaxDisputed, clock.GetUtcNow());
        return report with { Seconds = Stopwatch.GetElapsedTime(start).TotalSeconds };
    }

    private async Task<QualityReport> ComputeAsync(Guid project, string fingerprint, Entry entry)
    {
        try
        {
            if (entry.Report is null)
            {
                var first = await ComputeAsync(project, FirstTasks, CancellationToken.None);
                bool whole = first.AnsweredTasks <= FirstTasks;
                Keep(first, whole ? fingerprint : "");
                if (whole)
                    return first;
            }
            var report = await ComputeAsync(project, JudgmentReader.MaxTasks, CancellationToken.None);
            Keep(report, fingerprint);
            return report;
        }
        finally
        {
            lock (entry)
                entry.Work = null;
        }

        void Keep(QualityReport report, string of)
        {
            lock (entry)
            {
                entry.Report = report;
                entry.Fingerprint = of;
                entry.RestUntil = of.Length == 0 ? DateTimeOffset.MinValue
                    : clock.GetUtcNow() + TimeSpan.FromSeconds(RestFactor * report.Seconds);
            }
            entry.First.TrySetResult();
            feed.Publish(new Change(ChangeTypes.LabelingQuality, null, null, clock.GetUtcNow(), new JsonObject { ["project"] = project }));
        }
    }

    private sealed class Entry
    {
        public string Fingerprint { get; set; } = "";

        public QualityReport? Report { get; set; }

        public DateTimeOffset RestUntil { get; set; }

        public Task<QualityReport>? Work { get; set; }

        /// <summary>Done when there is a report.</summary>
        public TaskCompletionSource First { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}

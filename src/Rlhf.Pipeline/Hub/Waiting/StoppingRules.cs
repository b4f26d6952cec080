using System.Collections.Concurrent;
using System.Globalization;
using Microsoft.EntityFrameworkCore;
using Rlhf.Core.Options;
using Rlhf.Storage;
using Rlhf.Storage.Labeling;

namespace Rlhf.Pipeline.Hub.Waiting;

/// <summary>Whether a labeling project has what its label stage waits for.</summary>
public sealed class StoppingRules(RlhfDatabase database, LabelingService labeling, TimeProvider clock)
{
    /// <summary>How many more answers there must be before agreement is measured again: the interval changes by half as much.</summary>
    private const double Growth = 1.01;

    private readonly ConcurrentDictionary<Guid, Measured> _measured = new();

    /// <summary>The rule that ends the wait, in words; null while none holds.</summary>
    public async Task<string?> EndedByAsync(Guid project, LabelUntilOptions until, CancellationToken stop)
    {
        var progress = await labeling.ProgressAsync(project, stop);
        if (progress.Tasks > 0 && progress.Complete >= progress.Tasks)
            return "every task has all its answers";
        if (until.Annotations > 0 && progress.Annotations >= until.Annotations)
            return $"{until.Annotations} answers are there";
        if (await EndsAtAsync(project, until, stop) is { } end && end <= clock.GetUtcNow())
            return $"its time was over on {end:yyyy-MM-dd HH:mm} UTC";
        if (until.AgreementWithin > 0 && await HalfWidthAsync(project, progress.Annotations, until.AgreementWithin, stop) is { } width
            && width <= until.AgreementWithin)
            return $"agreement is known to within {width.ToString("0.###", CultureInfo.InvariantCulture)}";
        return null;
    }

    /// <summary>When the wait for a project ends at the latest; null where no rule names a time.</summary>
    public async Task<DateTimeOffset?> EndsAtAsync(Guid project, LabelUntilOptions until, CancellationToken stop)
    {
        await using var db = database.OpenReadContext();
        var opened = await db.Projects.Where(p => p.Id == project).Select(p => p.Created).SingleAsync(stop);
        return until.EndsAt(opened)?.ToUniversalTime();
    }

    /// <summary>Half of the interval of the agreement, of now or of a few answers ago; null where there is no interval yet.</summary>
    private async Task<double?> HalfWidthAsync(Guid project, int annotations, double wanted, CancellationToken stop)
    {
        // The stage asks once more when its wait has ended, and must hear the same, whatever was answered in between.
        if (_measured.TryGetValue(project, out var last) && (annotations < last.Until || last.HalfWidth <= wanted))
            return last.HalfWidth;
        var now = new Measured(
            await ProjectAgreement.HalfWidthAsync(database, project, stop), Math.Max(annotations + 1, (int)(annotations * Growth)));
        _measured[project] = now;
        return now.HalfWidth;
    }

    /// <param name="HalfWidth">Null where there was no interval.</param>
    /// <param name="Until">The number of answers at which it is measured again.</param>
    private sealed record Measured(double? HalfWidth, int Until);
}

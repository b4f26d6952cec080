using System.Diagnostics;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Rlhf.Contracts;
using Rlhf.Core;
using Rlhf.Definitions.Pipelines;
using Rlhf.Pipeline.Runs;
using Rlhf.Storage;
using Rlhf.Storage.Entities;

namespace Rlhf.Pipeline.Hub;

/// <summary>A pipeline run that has come to its end.</summary>
/// <param name="Runs">Its runs in the order of the stages.</param>
/// <param name="PeakBytes">The most resident memory of all processes together: this one and its children.</param>
public sealed record PipelineOutcome(Guid Id, PipelineFile Pipeline, bool Succeeded, string? Reason, IReadOnlyList<Run> Runs, double Seconds, long PeakBytes, int MaxAttempts)
{
    /// <summary>Whether a run's process broke or was killed, as often as it may; otherwise an input was refused.</summary>
    public bool Broke => Runs.Any(r => r.State == RunState.Failed && r.Attempt >= MaxAttempts);

    /// <summary>The run of a stage, null where the pipeline has none of this kind.</summary>
    public Run? RunOf(string kind) => Runs.LastOrDefault(r => r.Kind == kind && r.State == RunState.Succeeded);
}

/// <summary>Runs one pipeline from its first stage to its last, as the hub of a home folder.</summary>
public sealed class PipelineSession(Home home, BusAddress? broker, ChildCommand command, HubSettings? settings = null)
{
    /// <param name="pipeline">What to run.</param>
    /// <param name="onProgress">Called on some thread with each sign of progress.</param>
    /// <param name="stop">Ends the running child processes too.</param>
    /// <exception cref="UserError">The home folder is another hub's, or the broker does not answer.</exception>
    public async Task<PipelineOutcome> RunAsync(PipelineFile pipeline, Action<RunProgressed> onProgress, CancellationToken stop)
    {
        long started = Stopwatch.GetTimestamp();
        using var owned = HomeLock.Take(home);
        using var memory = MemoryUse.WatchTree(Environment.ProcessId);
        using var database = await RlhfDatabase.OpenAsync(home.Database, stop);
        using var host = PipelineHost.Hub(home, database, broker, command, settings);
        var runs = host.Services.GetRequiredService<PipelineRuns>();
        runs.Progressed += onProgress;
        await StartAsync(host, stop);
        try
        {
            var id = await runs.StartAsync(pipeline, stop);
            using var ended = CancellationTokenSource.CreateLinkedTokenSource(stop, host.Services.GetRequiredService<IHostApplicationLifetime>().ApplicationStopping);
            var end = await runs.WaitAsync(id, ended.Token);
            await using var context = database.OpenReadContext();
            var rows = await context.Runs.Where(r => r.PipelineRunId == id).OrderBy(r => r.Created).ToListAsync(stop);
            return new PipelineOutcome(id, pipeline, end.Succeeded, end.Reason, rows, Stopwatch.GetElapsedTime(started).TotalSeconds, memory.PeakBytes, (settings ?? new HubSettings()).MaxAttempts);
        }
        finally
        {
            await host.StopAsync(CancellationToken.None);
        }
    }

    private async Task StartAsync(IHost host, CancellationToken stop)
    {
        try
        {
            await host.StartAsync(stop);
        }
        catch (Exception e) when (broker is not null && !stop.IsCancellationRequested)
        {
            throw new UserError($"--bus {broker}: the broker does not answer: {e.Message}", e);
        }
    }
}

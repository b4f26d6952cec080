using System.Collections.Concurrent;
using Microsoft.EntityFrameworkCore;
using Rlhf.Contracts;
using Rlhf.Definitions.Pipelines;
using Rlhf.Storage;
using Rlhf.Storage.Entities;

namespace Rlhf.Pipeline.Hub;

/// <summary>How a pipeline run ended.</summary>
public sealed record PipelineEnd(Guid Id, bool Succeeded, string? Reason);

/// <summary>Starts pipeline runs, and tells those who wait for them.</summary>
public sealed class PipelineRuns(RlhfDatabase database, OutboxSignal outbox, TimeProvider clock)
{
    private readonly ConcurrentDictionary<Guid, TaskCompletionSource<PipelineEnd>> _waiting = new();

    /// <summary>Raised for each sign of progress of a run, on some thread.</summary>
    public event Action<RunProgressed>? Progressed;

    /// <summary>Enters a pipeline run and the message that starts it. <see cref="WaitAsync"/> ends with it.</summary>
    public async Task<Guid> StartAsync(PipelineFile pipeline, CancellationToken stop)
    {
        var id = Guid.CreateVersion7();
        _waiting[id] = new TaskCompletionSource<PipelineEnd>(TaskCreationOptions.RunContinuationsAsynchronously);
        await database.WriteAsync(context =>
        {
            context.PipelineRuns.Add(new PipelineRun
            {
                Id = id,
                Name = pipeline.Name,
                Definition = pipeline.ToJson(),
                State = RunState.Running,
                Created = clock.GetUtcNow(),
            });
            Outbox.Add(context, new StartPipeline(id, [.. pipeline.Stages.Select(s => s.Kind)]), clock);
            return Task.CompletedTask;
        }, stop);
        outbox.Set();
        return id;
    }

    public Task<PipelineEnd> WaitAsync(Guid pipelineRun, CancellationToken stop) => _waiting[pipelineRun].Task.WaitAsync(stop);

    public async Task EndAsync(Guid pipelineRun, RunState state, string? reason, CancellationToken stop)
    {
        var now = clock.GetUtcNow();
        await database.WriteAsync(context => context.PipelineRuns.Where(p => p.Id == pipelineRun && p.State == RunState.Running)
            .ExecuteUpdateAsync(set => set.SetProperty(p => p.State, state).SetProperty(p => p.Reason, reason).SetProperty(p => p.Ended, now), stop), stop);
        if (_waiting.TryGetValue(pipelineRun, out var waiting))
            waiting.TrySetResult(new PipelineEnd(pipelineRun, state == RunState.Succeeded, reason));
    }

    public void Report(RunProgressed progress) => Progressed?.Invoke(progress);
}

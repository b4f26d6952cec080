using MassTransit;
using Rlhf.Contracts;

namespace Rlhf.Pipeline.Hub.Leases;

/// <summary>Answers executors: a run to work on, and whether it is still theirs.</summary>
public sealed class LeaseConsumer(RunLedger ledger, HubSettings settings) : IConsumer<LeaseRun>, IConsumer<RenewLease>
{
    public async Task Consume(ConsumeContext<LeaseRun> context)
    {
        var ask = context.Message;
        var run = await ledger.LeaseAsync(ask.LeaseId, ask.Executor, hubWork: false, context.CancellationToken);
        await (run is null
            ? context.RespondAsync(new NothingQueued(ask.LeaseId))
            : context.RespondAsync(new RunLeased(run.PipelineRunId, run.Id, ask.LeaseId, run.Kind, run.Attempt, settings.LeaseSeconds)));
    }

    public async Task Consume(ConsumeContext<RenewLease> context)
    {
        var ask = context.Message;
        bool held = await ledger.RenewAsync(ask.RunId, ask.LeaseId, context.CancellationToken);
        await (held
            ? context.RespondAsync(new LeaseRenewed(ask.RunId, ask.LeaseId, settings.LeaseSeconds))
            : context.RespondAsync(new LeaseLost(ask.RunId, ask.LeaseId)));
    }
}

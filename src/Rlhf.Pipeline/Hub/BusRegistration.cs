using MassTransit;
using Microsoft.Extensions.DependencyInjection;
using Rlhf.Pipeline.Executors;

namespace Rlhf.Pipeline.Hub;

/// <summary>MassTransit, in memory or over RabbitMQ: one <c>if</c>, and everything else is the same.</summary>
public static class BusRegistration
{
    /// <summary>How long a broker may take to answer at the start.</summary>
    private static readonly TimeSpan StartWithin = TimeSpan.FromSeconds(15);

    public static IServiceCollection AddPipelineBus(this IServiceCollection services, BusAddress? broker, bool hub, bool executor)
    {
        services.AddOptions<MassTransitHostOptions>().Configure(options =>
        {
            options.WaitUntilStarted = true;
            options.StartTimeout = StartWithin;
            options.StopTimeout = TimeSpan.FromSeconds(10);
        });
        return services.AddMassTransit(bus =>
        {
            // Without this, stopping the host on a closed network hangs.
            bus.DisableUsageTelemetry();
            bus.SetKebabCaseEndpointNameFormatter();
            if (hub)
                AddHub(bus);
            if (executor)
            {
                // Every executor is woken: each has a queue of its own, gone with it.
                bus.AddConsumer<RunQueuedConsumer>().Endpoint(e =>
                {
                    e.InstanceId = Guid.NewGuid().ToString("N");
                    e.Temporary = true;
                });
            }
            if (broker is null)
                bus.UsingInMemory((context, configure) => configure.ConfigureEndpoints(context));
            else
                bus.UsingRabbitMq((context, configure) =>
                {
                    configure.Host(broker.Host, broker.Port, broker.VirtualHost, host =>
                    {
                        host.Username(broker.User);
                        host.Password(broker.Password);
                    });
                    configure.ConfigureEndpoints(context);
                });
        });
    }

    private static void AddHub(IBusRegistrationConfigurator bus)
    {
        bus.AddSagaStateMachine<PipelineStateMachine, PipelineState>().InMemoryRepository();
        // One at a time: they write to one SQLite file, and runs are planned in the order of their commands.
        bus.AddConsumer<StartStageConsumer>();
        bus.AddConsumer<LeaseConsumer>(c => c.UseConcurrentMessageLimit(1));
        bus.AddConsumer<RunEndConsumer>(c => c.UseConcurrentMessageLimit(1));
        bus.AddConsumer<PipelineEndConsumer>();
        bus.AddConsumer<RunProgressConsumer>();
        bus.AddConsumer<HubRunQueuedConsumer>();
    }
}

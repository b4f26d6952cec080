using System.Security.Authentication;
using MassTransit;
using Microsoft.Extensions.DependencyInjection;
using Rlhf.Pipeline.Executors;
using Rlhf.Pipeline.Hub.Leases;
using Rlhf.Pipeline.Hub.Pipelines;
using Rlhf.Pipeline.Hub.Planning;
using Rlhf.Pipeline.Hub.Results;
using Rlhf.Pipeline.Hub.Work;

namespace Rlhf.Pipeline.Hub.Bus;

/// <summary>MassTransit, in memory or over RabbitMQ: one <c>if</c>, and everything else is the same.</summary>
public static class BusRegistration
{
    /// <summary>How long a broker may take to answer at the start.</summary>
    private static readonly TimeSpan StartWithin = TimeSpan.FromSeconds(15);

    /// <param name="services">The services of the hub or worker.</param>
    /// <param name="broker">A broker; null keeps everything in memory.</param>
    /// <param name="homeId">
    /// Part of every queue's and exchange's name, so that two home folders on one virtual host do not receive each other's messages.
    /// </param>
    /// <param name="hub">Whether this process plans runs.</param>
    /// <param name="executor">Whether this process executes runs.</param>
    public static IServiceCollection AddPipelineBus(
        this IServiceCollection services, BusAddress? broker, string homeId, bool hub, bool executor)
    {
        string prefix = $"rlhf-{homeId}-";
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
            bus.SetEndpointNameFormatter(new KebabCaseEndpointNameFormatter(prefix, includeNamespace: false));
            // A database that is locked, a broker that comes back: consumers are light, so trying again costs nothing.
            bus.AddConfigureEndpointsCallback((_, _, endpoint) => endpoint.UseMessageRetry(retry =>
                retry.Exponential(5, TimeSpan.FromMilliseconds(200), TimeSpan.FromSeconds(10), TimeSpan.FromMilliseconds(500))));
            if (hub)
                AddHub(bus);
            if (executor)
            {
                // Every executor is woken: each has a queue of its own, gone with it.
                string instance = Guid.NewGuid().ToString("N");
                bus.AddConsumer<RunQueuedConsumer>().Endpoint(e =>
                {
                    e.InstanceId = instance;
                    e.Temporary = true;
                });
            }
            if (broker is null)
                bus.UsingInMemory((context, configure) => configure.ConfigureEndpoints(context));
            else
                bus.UsingRabbitMq((context, configure) =>
                {
                    configure.MessageTopology.SetEntityNameFormatter(
                        new PrefixEntityNameFormatter(configure.MessageTopology.EntityNameFormatter, prefix));
                    configure.Host(broker.Host, broker.Port, broker.VirtualHost, host =>
                    {
                        host.Username(broker.User);
                        host.Password(broker.Password);
                        if (broker.Tls)
                        {
                            host.UseSsl(ssl =>
                            {
                                ssl.ServerName = broker.Host;
                                ssl.Protocol = SslProtocols.Tls12 | SslProtocols.Tls13;
                            });
                        }
                    });
                    configure.ConfigureEndpoints(context);
                });
        });
    }

    private static void AddHub(IBusRegistrationConfigurator bus)
    {
        bus.AddSagaStateMachine<PipelineStateMachine, PipelineState>().InMemoryRepository();
        bus.AddConsumer<StartStageConsumer>();
        // One at a time: they write to one SQLite file.
        bus.AddConsumer<LeaseConsumer>(c => c.UseConcurrentMessageLimit(1));
        bus.AddConsumer<RunEndConsumer>(c => c.UseConcurrentMessageLimit(1));
        bus.AddConsumer<PipelineEndConsumer>();
        bus.AddConsumer<FaultConsumer>();
        bus.AddConsumer<RunProgressConsumer>();
        bus.AddConsumer<HubRunQueuedConsumer>();
    }
}

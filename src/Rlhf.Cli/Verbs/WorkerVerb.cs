using System.CommandLine;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Rlhf.Cli.Hosting;
using Rlhf.Pipeline.Hub;
using Rlhf.Pipeline.Hub.Bus;
using Rlhf.Pipeline.Runs;
using Rlhf.Storage;

namespace Rlhf.Cli.Verbs;

/// <summary><c>rlhf worker</c>: executes runs that a hub plans, over a broker.</summary>
internal static class WorkerVerb
{
    public static Command Create()
    {
        var bus = PipelineOptions.Bus(required: true);
        var home = PipelineOptions.Home();
        var command = new Command("worker", "Executes the runs of a hub that is started with the same --bus and --home. Ends with Ctrl+C.")
        {
            bus, home,
        };
        command.SetAction(async (parse, stop) =>
        {
            var address = parse.Address(bus)!;
            var folder = parse.OpenHome(home);
            await BrokerConnection.WaitAsync(address, stop);
            using var host = CreateHost(folder, address);
            await StartAsync(host, address, stop);
            Console.Out.WriteLine($"worker {Environment.ProcessId} waits for runs at {address}");
            await Console.Out.FlushAsync(stop);
            await Task.Delay(Timeout.Infinite, stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            await host.StopAsync(CancellationToken.None);
            return CommandLine.Success;
        });
        return command;
    }

    private static IHost CreateHost(Home home, BusAddress address)
    {
        // Neither the current folder's appsettings nor its environment variables have a say in this.
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings { DisableDefaults = true });
        builder.Logging.AddHubLogging(LogLevel.Warning);
        builder.Services.Configure<HostOptions>(o => o.ShutdownTimeout = TimeSpan.FromSeconds(20));
        builder.Services.AddPipelineWorker(home, address, ChildCommand.ThisProgram());
        return builder.Build();
    }

    private static async Task StartAsync(IHost host, BusAddress address, CancellationToken stop)
    {
        try
        {
            await host.StartAsync(stop);
        }
        catch (Exception e) when (!stop.IsCancellationRequested)
        {
            throw BusFailure.Explain(address, e);
        }
    }
}

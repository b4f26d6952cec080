using System.CommandLine;
using Microsoft.Extensions.Hosting;
using Rlhf.Core;
using Rlhf.Pipeline.Hub;
using Rlhf.Pipeline.Runs;

namespace Rlhf.Cli.Verbs;

/// <summary><c>rlhf worker</c>: executes runs that a hub plans, over a broker.</summary>
internal static class WorkerVerb
{
    public static Command Create()
    {
        var bus = PipelineOptions.Bus(required: true);
        var home = PipelineOptions.Home();
        var command = new Command("worker", "Executes the runs of a hub that is started with the same --bus and --home. Ends with Ctrl+C.") { bus, home };
        command.SetAction(async (parse, stop) =>
        {
            var address = parse.Address(bus)!;
            using var host = PipelineHost.Worker(parse.OpenHome(home), address, ChildCommand.ThisProgram());
            await StartAsync(host, address, stop);
            Console.Out.WriteLine($"worker {Environment.ProcessId} waits for runs at {address}");
            await Console.Out.FlushAsync(stop);
            await Task.Delay(Timeout.Infinite, stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            await host.StopAsync(CancellationToken.None);
            return CommandLine.Success;
        });
        return command;
    }

    private static async Task StartAsync(IHost host, BusAddress address, CancellationToken stop)
    {
        try
        {
            await host.StartAsync(stop);
        }
        catch (Exception e) when (!stop.IsCancellationRequested)
        {
            throw new UserError($"--bus {address}: the broker does not answer: {e.Message}", e);
        }
    }
}

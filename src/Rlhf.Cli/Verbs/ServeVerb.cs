using System.CommandLine;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Rlhf.Cli.Hosting;
using Rlhf.Cli.Parsing;
using Rlhf.Core;
using Rlhf.LabelingUi;
using Rlhf.Pipeline.Hub;

namespace Rlhf.Cli.Verbs;

/// <summary>
/// <c>rlhf serve</c>: the hub of a home folder: pages, API, bus, stages and an executor. This process loads no torch; its children do.
/// </summary>
internal static class ServeVerb
{
    public static Command Create()
    {
        var home = PipelineOptions.Home();
        var bus = PipelineOptions.Bus();
        var urls = new Option<string>("--urls")
        {
            Description = "The addresses to listen on, separated by semicolons. By default other machines cannot reach the pages.",
            HelpName = "URL",
            DefaultValueFactory = _ => LabelingServer.DefaultAddress,
        };
        var noWorker = new Option<bool>("--no-worker")
        {
            Description = "Executes no run in this process; `rlhf worker` processes on the same --bus do. Needs --bus.",
        };
        var logLevel = new Option<LogLevel>("--log-level")
        {
            Description = "The lowest level of messages on standard error.",
            HelpName = TypedValues.Names<LogLevel>(),
            CustomParser = TypedValues.Choice<LogLevel>,
            DefaultValueFactory = _ => LogLevel.Warning,
        };
        var behindProxy = new Option<bool>("--behind-proxy")
        {
            Description = "Trusts the X-Forwarded headers. Only behind a proxy: without one, any client can set them.",
        };
        var command = new Command("serve", "Serves the home folder: the pages and, in the same process, the hub that executes pipelines. "
            + "Unfinished pipeline runs go on when it starts.") { home, bus, urls, noWorker, logLevel, behindProxy };
        command.SetAction(async (parse, stop) =>
        {
            var (folder, broker) = (parse.OpenHome(home), parse.Address(bus));
            if (parse.GetValue(noWorker) && broker is null)
                throw new UserError(
                    "--no-worker: without --bus (or RLHF_BUS) no other process could execute runs; give the address of a broker");
            var homeLock = HomeLock.TryTake(folder)
                ?? throw new UserError($"{folder.Root}: a hub runs there already"
                    + (HubAddressFile.TryRead(folder) is { } other ? $", at {other.Url} (process {other.ProcessId})" : "")
                    + "; end it first, or give another --home");
            var options = new HubHostOptions(
                parse.GetRequiredValue(urls), broker, Executes: !parse.GetValue(noWorker), parse.GetValue(logLevel),
                parse.GetValue(behindProxy));
            await using var host = await HubHost.StartAsync(folder, homeLock, options, stop);
            Console.Out.WriteLine($"Rlhf: {string.Join(", ", host.Application.Urls)} (home folder {folder.Root}; Ctrl+C ends it)");
            await Console.Out.FlushAsync(stop);
            await FirstAdminLink.WriteAsync(host.Application, host.Address.Url, then: null, stop);
            await host.Application.WaitForShutdownAsync(stop);
            return CommandLine.Success;
        });
        return command;
    }
}

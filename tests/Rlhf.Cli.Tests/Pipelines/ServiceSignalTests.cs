using System.Diagnostics;
using System.Globalization;
using Rlhf.Testing;

namespace Rlhf.Cli.Tests.Pipelines;

/// <summary>A service that is told to stop and stops well has done what it was asked for: exit code 0, whichever signal told it.</summary>
[Collection(TinyLoop.Tests)]
public sealed class ServiceSignalTests(TinyLoop loop)
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("TERM")]
    [InlineData("INT")]
    public async Task A_hub_that_is_told_to_stop_exits_with_0(string signal)
    {
        string home = loop.Home("served" + signal);
        using var hub = RlhfProgram.Start("serve", "--home", home, "--urls", "http://127.0.0.1:0");
        Assert.StartsWith("Rlhf: http://127.0.0.1:", await hub.StandardOutput.ReadLineAsync(Stop), StringComparison.Ordinal);
        await AssertEndsWellAsync(hub, "first administrator: ", signal);
    }

    [Fact]
    public async Task A_worker_that_is_told_to_stop_exits_with_0()
    {
        using var broker = await RabbitMqBroker.StartAsync(Stop);
        foreach (string signal in (string[])["TERM", "INT"])
        {
            using var worker = RlhfProgram.Start("worker", "--bus", broker.Address, "--home", loop.Home("worked"));
            await AssertEndsWellAsync(worker, "worker ", signal);
        }
    }

    private static async Task AssertEndsWellAsync(Process service, string started, string signal)
    {
        if (OperatingSystem.IsWindows())
            Assert.Skip("SKIPPED: signals as on Linux");
        try
        {
            Assert.StartsWith(started, await service.StandardOutput.ReadLineAsync(Stop), StringComparison.Ordinal);
            using (var kill = Process.Start("kill", [$"-{signal}", service.Id.ToString(CultureInfo.InvariantCulture)]))
                await kill.WaitForExitAsync(Stop);
            string error = await service.StandardError.ReadToEndAsync(Stop);
            await service.WaitForExitAsync(Stop);
            Assert.True(service.ExitCode == 0, $"exit code {service.ExitCode}: {error}");
        }
        finally
        {
            if (!service.HasExited)
                service.Kill(entireProcessTree: true);
        }
    }
}

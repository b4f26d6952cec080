using Rlhf.Testing;

namespace Rlhf.Cli.Tests.Pipelines;

/// <summary>What a hub that stays tells the commands that handed it their pipelines.</summary>
[Collection(TinyLoop.Tests)]
public sealed class NoticeTests(TinyLoop loop)
{
    [Fact]
    public async Task A_command_that_was_handed_over_reads_that_no_worker_takes_its_run()
    {
        var stop = TestContext.Current.CancellationToken;
        using var broker = await RabbitMqBroker.StartAsync(stop);
        string home = loop.Home("notice");
        using var hub = RlhfProgram.Start(
            "serve", "--bus", broker.Address, "--no-worker", "--home", home, "--urls", "http://127.0.0.1:0");
        try
        {
            Assert.StartsWith("Rlhf:", await hub.StandardOutput.ReadLineAsync(stop), StringComparison.Ordinal);
            using var command = RlhfProgram.Start("candidates", "--home", home, "--set", $"model={loop.Model}");
            try
            {
                Assert.Contains("is handed to the hub", await command.StandardError.ReadLineAsync(stop), StringComparison.Ordinal);
                Assert.EndsWith($"(candidates) yet; start one on this home folder and bus: rlhf worker --bus ADDRESS --home {home}",
                    await command.StandardOutput.ReadLineAsync(stop).AsTask().WaitAsync(TimeSpan.FromMinutes(1), stop),
                    StringComparison.Ordinal);
            }
            finally
            {
                command.Kill(entireProcessTree: true);
            }
        }
        finally
        {
            hub.Kill(entireProcessTree: true);
        }
    }
}

using Rlhf.Testing;

namespace Rlhf.Cli.Tests.Pipelines;

/// <summary>A broker that refuses, seen by every verb that connects to one. Each says so at its first attempt.</summary>
[Collection(TinyLoop.Tests)]
public sealed class BrokerRefusalTests(TinyLoop loop)
{
    [Fact]
    public async Task A_wrong_password_and_an_unknown_virtual_host_are_refused_at_once()
    {
        using var broker = await RabbitMqBroker.StartAsync(TestContext.Current.CancellationToken);
        string place = new Uri(broker.Address).Authority;
        foreach (var (address, shown, reason) in new[]
        {
            ($"rabbitmq://guest:s3cret@{place}/", $"rabbitmq://{place}/", "the broker refuses the user name or the password"),
            ($"rabbitmq://nobody:s3cret@{place}/", $"rabbitmq://{place}/", "the broker refuses the user name or the password"),
            ($"rabbitmq://guest:guest@{place}/none", $"rabbitmq://{place}/none",
                "the broker has no virtual host 'none', or the user may not use it"),
        })
        {
            foreach (string[] command in Commands(loop.Home("refused-by-broker"), address))
                Assert.Equal($"rlhf: --bus {shown}: {reason}\n", RlhfProgram.Refused(command));
            var doctor = RlhfProgram.Run("doctor", "--bus", address);
            Assert.Equal(2, doctor.ExitCode);
            Assert.Contains($"--bus {shown}: {reason}\n", doctor.Text, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Where_nothing_listens_that_is_told_at_once_and_tried_again()
    {
        foreach (string[] command in Commands(loop.Home("refused-by-nobody"), "rabbitmq://guest:s3cret@127.0.0.1:1/"))
        {
            using var process = RlhfProgram.Start(command);
            string? line = await process.StandardError.ReadLineAsync(TestContext.Current.CancellationToken);
            // The process still tries when its first line is here.
            process.Kill(entireProcessTree: true);
            await process.WaitForExitAsync(TestContext.Current.CancellationToken);
            Assert.Equal(
                $"--bus rabbitmq://127.0.0.1:1/: the connection is refused: no broker listens at port 1 of 127.0.0.1; trying for 15 s",
                line);
        }
        Assert.Contains("bus       bad   --bus rabbitmq://127.0.0.1:1/: the connection is refused",
            RlhfProgram.Run("doctor", "--bus", "rabbitmq://127.0.0.1:1/").Text);
    }

    private string[][] Commands(string home, string address) =>
    [
        ["worker", "--bus", address, "--home", home],
        ["serve", "--bus", address, "--home", home, "--urls", "http://127.0.0.1:0"],
        ["pipeline", "run", loop.File, "--bus", address, "--home", home, "--set", $"model={loop.Model}"],
        ["candidates", "--bus", address, "--home", home, "--set", $"model={loop.Model}"],
    ];
}

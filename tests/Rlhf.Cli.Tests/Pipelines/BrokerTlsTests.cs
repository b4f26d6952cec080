using Rlhf.Testing;

namespace Rlhf.Cli.Tests.Pipelines;

/// <summary>A broker with TLS, whose certificate is trusted or not.</summary>
[Collection(TinyLoop.Tests)]
public sealed class BrokerTlsTests(TinyLoop loop)
{
    [Fact]
    public async Task A_broker_is_used_over_tls_where_its_certificate_is_trusted_and_is_of_its_name()
    {
        if (!OperatingSystem.IsLinux())
            Assert.Skip("SKIPPED: certificates are trusted by a variable of OpenSSL's");
        var stop = TestContext.Current.CancellationToken;
        using var certificate = new TestCertificate();
        using var broker = await RabbitMqBroker.StartAsync(certificate, stop);
        var trusted = new Dictionary<string, string> { ["SSL_CERT_FILE"] = certificate.File };
        string place = $"rabbitmqs://localhost:{broker.TlsPort}/";

        var doctor = Doctor($"guest:guest@localhost:{broker.TlsPort}", trusted);
        Assert.Contains($"bus       ok    {place}: RabbitMQ 3", doctor.Text, StringComparison.Ordinal);

        // It says that it waits when its bus has started.
        string[] arguments = ["worker", "--bus", Address($"guest:guest@localhost:{broker.TlsPort}"), "--home", loop.Home("tls")];
        using var worker = RlhfProgram.Start(arguments, trusted);
        try
        {
            string? line = await WaitLimit.ApplyAsync(
                "the start of a worker", async limit => await worker.StandardOutput.ReadLineAsync(limit));
            Assert.Equal($"worker {worker.Id} waits for runs at {place}", line);
        }
        finally
        {
            worker.Kill(entireProcessTree: true);
        }

        foreach (var (refused, why) in new[]
        {
            (Doctor($"guest:guest@localhost:{broker.TlsPort}", []), "an unknown certificate"),
            (Doctor($"guest:guest@127.0.0.1:{broker.TlsPort}", trusted), "the certificate of another name"),
            (Doctor($"guest:guest@{new Uri(broker.Address).Authority.Split('@')[^1]}", trusted), "no TLS at all"),
        })
        {
            Assert.True(refused.ExitCode == 2, why);
            Assert.Contains("bus       bad   --bus rabbitmqs://", refused.Text, StringComparison.Ordinal);
            Assert.Contains(": no TLS connection: ", refused.Text, StringComparison.Ordinal);
        }
        Assert.StartsWith($"rlhf: --bus {place}: no TLS connection: ", RlhfProgram.Refused(arguments), StringComparison.Ordinal);
    }

    private static string Address(string place) => $"rabbitmqs://{place}/";

    private static Answer Doctor(string place, Dictionary<string, string> environment) =>
        RlhfProgram.Run(["doctor", "--bus", Address(place)], environment);
}

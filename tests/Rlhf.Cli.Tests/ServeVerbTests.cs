using System.Diagnostics;
using System.Net;
using System.Text.Json;
using Rlhf.Testing;

namespace Rlhf.Cli.Tests;

/// <summary>The hub as <c>rlhf serve</c> starts it: what it says, and what it says of itself.</summary>
public sealed class ServeVerbTests : IDisposable
{
    private readonly TemporaryFolder _home = new();

    public void Dispose() => _home.Dispose();

    [Theory]
    [InlineData("warning", false)]
    [InlineData("debug", true)]
    public async Task The_log_level_decides_what_is_told_of_the_start(string level, bool told)
    {
        using var hub = Serve("--log-level", level);
        // At once: a full pipe would stop it.
        var reading = hub.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        await UrlAsync(hub);
        hub.Kill(entireProcessTree: true);
        string error = await reading;
        Assert.Equal(told, error.Contains("Bus started", StringComparison.Ordinal));
        Assert.Equal(told, error.Length > 0);
    }

    [Fact]
    public async Task Its_health_tells_of_the_bus()
    {
        var stop = TestContext.Current.CancellationToken;
        using var broker = await RabbitMqBroker.StartAsync(stop);
        using var hub = Serve("--bus", broker.Address, "--no-worker");
        hub.BeginErrorReadLine();
        try
        {
            using var client = new HttpClient { BaseAddress = new Uri(await UrlAsync(hub)) };
            Assert.Equal((HttpStatusCode.OK, "healthy"), await HealthAsync(stop));
            await broker.KillAsync(stop);
            var (_, bus) = await WaitLimit.UntilAsync("the health of a hub whose broker is gone", HealthAsync,
                health => health.Code == HttpStatusCode.ServiceUnavailable);
            Assert.NotEqual("healthy", bus);

            async Task<(HttpStatusCode Code, string? Bus)> HealthAsync(CancellationToken look)
            {
                using var answer = await client.GetAsync("/healthz", look);
                var health = JsonDocument.Parse(await answer.Content.ReadAsStringAsync(look)).RootElement;
                return (answer.StatusCode,
                    health.GetProperty("checks").GetProperty("masstransit-bus").GetProperty("status").GetString());
            }
        }
        finally
        {
            hub.Kill(entireProcessTree: true);
        }
    }

    private Process Serve(params string[] arguments) =>
        RlhfProgram.Start(["serve", "--home", _home["home"], "--urls", "http://127.0.0.1:0", .. arguments]);

    private static async Task<string> UrlAsync(Process hub)
    {
        string? line = await WaitLimit.ApplyAsync("the start of the hub", async stop => await hub.StandardOutput.ReadLineAsync(stop));
        return line!.Split([' ', ','])[1];
    }
}

using System.Net;
using System.Text.Json;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Logging;

namespace Rlhf.LabelingUi.Tests.Operation;

public sealed class OperationTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Health_is_of_the_database_and_of_what_the_host_adds()
    {
        var bus = HealthStatus.Healthy;
        await using var served = await ServedHome.StartAsync(new WebSettings(), builder =>
        {
            builder.Logging.ClearProviders();
            builder.Services.AddHealthChecks().AddCheck("bus", () => new HealthCheckResult(bus, "the broker"));
        });
        Assert.Equal((HttpStatusCode.OK, "healthy", "healthy", "healthy"), await HealthAsync(served));
        bus = HealthStatus.Unhealthy;
        Assert.Equal((HttpStatusCode.ServiceUnavailable, "unhealthy", "healthy", "unhealthy"), await HealthAsync(served));
        bus = HealthStatus.Degraded;
        Assert.Equal((HttpStatusCode.ServiceUnavailable, "degraded", "healthy", "degraded"), await HealthAsync(served));
        bus = HealthStatus.Healthy;
        await ErrorTests.BreakAsync(served);
        Assert.Equal((HttpStatusCode.ServiceUnavailable, "unhealthy", "unhealthy", "healthy"), await HealthAsync(served));
    }

    [Theory]
    [InlineData("/", HttpStatusCode.OK)]
    [InlineData("/css/tokens.css", HttpStatusCode.OK)]
    [InlineData("/healthz", HttpStatusCode.OK)]
    [InlineData("/no/such/page", HttpStatusCode.NotFound)]
    public async Task HEAD_is_answered_as_GET_is_without_a_body(string address, HttpStatusCode expected)
    {
        await using var served = await ServedHome.StartAsync();
        using var get = await served.Client.GetAsync(address, Cancellation);
        using var head = await served.Client.SendAsync(new HttpRequestMessage(HttpMethod.Head, address), Cancellation);
        Assert.Equal(expected, head.StatusCode);
        Assert.Equal(get.Content.Headers.ContentType?.ToString(), head.Content.Headers.ContentType?.ToString());
        Assert.Empty(await head.Content.ReadAsByteArrayAsync(Cancellation));
    }

    [Fact]
    public async Task HEAD_of_the_event_stream_ends()
    {
        await using var served = await ServedHome.StartAsync();
        using var head = await served.Client.SendAsync(new HttpRequestMessage(HttpMethod.Head, "/api/v1/events"), Cancellation);
        Assert.Equal(HttpStatusCode.MethodNotAllowed, head.StatusCode);
    }

    [Theory]
    [InlineData(true, "href=\"/labeling/css/tokens.css")]
    [InlineData(false, "href=\"/css/tokens.css")]
    public async Task Forwarded_headers_are_believed_only_behind_a_proxy(bool behindProxy, string expected)
    {
        await using var served = await ServedHome.StartAsync(new WebSettings { BehindProxy = behindProxy });
        using var request = new HttpRequestMessage(HttpMethod.Get, "/");
        request.Headers.Add("X-Forwarded-Prefix", "/labeling");
        request.Headers.Add("X-Forwarded-Proto", "https");
        request.Headers.Add("X-Forwarded-Host", "labels.example.org");
        using var answer = await served.Client.SendAsync(request, Cancellation);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Contains(expected, await answer.Content.ReadAsStringAsync(Cancellation));
    }

    [Fact]
    public async Task A_proxy_may_pass_on_its_own_host_name()
    {
        await using var served = await ServedHome.StartAsync(new WebSettings { BehindProxy = true });
        using var request = new HttpRequestMessage(HttpMethod.Get, "/");
        request.Headers.Host = "labels.example.org";
        using var answer = await served.Client.SendAsync(request, Cancellation);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
    }

    [Fact]
    public async Task Keys_lie_in_the_home_folder_for_their_owner_only_and_outlive_the_process()
    {
        await using var served = await ServedHome.StartAsync();
        string secret = Protector(served.Services).Protect("somebody");
        Assert.NotEmpty(Directory.EnumerateFiles(served.Home.Keys, "key-*.xml"));
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(served.Home.Keys,
                File.GetUnixFileMode(served.Home.Keys) | UnixFileMode.OtherRead | UnixFileMode.OtherExecute);
        }
        await using var later = LabelingServer.Build(served.Home, served.Database, "http://127.0.0.1:0");
        Assert.Equal("somebody", Protector(later.Services).Unprotect(secret));
        if (!OperatingSystem.IsWindows())
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(served.Home.Keys));
    }

    private static IDataProtector Protector(IServiceProvider services) =>
        services.GetRequiredService<IDataProtectionProvider>().CreateProtector("test");

    private static async Task<(HttpStatusCode, string?, string?, string?)> HealthAsync(ServedHome served)
    {
        using var answer = await served.Client.GetAsync("/healthz", Cancellation);
        var json = JsonDocument.Parse(await answer.Content.ReadAsStringAsync(Cancellation)).RootElement;
        string? Check(string name) => json.GetProperty("checks").GetProperty(name).GetProperty("status").GetString();
        return (answer.StatusCode, json.GetProperty("status").GetString(), Check("database"), Check("bus"));
    }
}

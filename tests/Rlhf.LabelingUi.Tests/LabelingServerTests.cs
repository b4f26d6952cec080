using System.Net;
using Rlhf.Core;
using Rlhf.Storage;
using Rlhf.Testing;

namespace Rlhf.LabelingUi.Tests;

public sealed class LabelingServerTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("/")]
    [InlineData("/css/tokens.css")]
    [InlineData("/no/such/page")]
    public async Task Every_answer_carries_the_security_headers(string address)
    {
        await using var served = await ServedHome.StartAsync();
        using var answer = await served.Client.GetAsync(address, Cancellation);
        string policy = Assert.Single(answer.Headers.GetValues("Content-Security-Policy"));
        Assert.Contains("default-src 'none'", policy);
        Assert.Contains("frame-ancestors 'none'", policy);
        Assert.DoesNotContain("unsafe", policy);
        Assert.Equal("nosniff", Assert.Single(answer.Headers.GetValues("X-Content-Type-Options")));
        Assert.Equal("no-referrer", Assert.Single(answer.Headers.GetValues("Referrer-Policy")));
        Assert.False(answer.Headers.Contains("Server"));
    }

    [Fact]
    public async Task On_the_loopback_only_its_own_names_are_answered()
    {
        await using var served = await ServedHome.StartAsync();
        using var request = new HttpRequestMessage(HttpMethod.Get, "/");
        request.Headers.Host = "attacker.example";
        using var answer = await served.Client.SendAsync(request, Cancellation);
        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
    }

    [Fact]
    public async Task A_taken_port_is_said_so()
    {
        await using var served = await ServedHome.StartAsync();
        string taken = served.Client.BaseAddress!.GetLeftPart(UriPartial.Authority);
        await using var second = LabelingServer.Build(served.Home, served.Database, taken);
        var error = await Assert.ThrowsAsync<UserError>(() => LabelingServer.StartAsync(second, Cancellation));
        Assert.Contains(taken, error.Message);
        Assert.Contains("another program listens there", error.Message);
        // And before anything is started.
        Assert.Contains($"another program listens at {taken};", Assert.Throws<UserError>(() => LabelingServer.EnsureFree(taken)).Message);
        LabelingServer.EnsureFree("http://127.0.0.1:0");
    }

    [Theory]
    [InlineData("")]
    [InlineData("5080")]
    [InlineData("localhost:5080")]
    [InlineData("https://127.0.0.1:5080")]
    [InlineData("http://127.0.0.1:5080/base")]
    [InlineData("http://some.host.example:80")]
    [InlineData("http://127.0.0.1:99999")]
    public async Task What_is_no_address_is_refused(string address)
    {
        using var folder = new TemporaryFolder();
        var home = Home.Open(folder.Path);
        using var database = await RlhfDatabase.OpenAsync(home.Database, Cancellation);
        var error = Assert.Throws<UserError>(() => LabelingServer.Build(home, database, address));
        Assert.Contains(LabelingServer.DefaultAddress, error.Message);
    }
}

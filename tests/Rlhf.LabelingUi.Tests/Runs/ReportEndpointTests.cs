using System.Net;

namespace Rlhf.LabelingUi.Tests.Runs;

public sealed class ReportEndpointTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_report_is_served_as_it_lies_there_in_a_sandbox()
    {
        await using var served = await ServedHome.StartAsync();
        var id = Guid.CreateVersion7();
        Directory.CreateDirectory(Path.GetDirectoryName(served.Home.Report(id))!);
        byte[] bytes = [.. "<!DOCTYPE html><title>Bericht ✓</title>"u8];
        await File.WriteAllBytesAsync(served.Home.Report(id), bytes, Cancellation);

        using var answer = await served.Client.GetAsync($"/reports/{id}", Cancellation);
        Assert.Equal(bytes, await answer.Content.ReadAsByteArrayAsync(Cancellation));
        Assert.Equal("text/html; charset=utf-8", answer.Content.Headers.ContentType!.ToString());
        string policy = Assert.Single(answer.Headers.GetValues("Content-Security-Policy"));
        Assert.StartsWith("sandbox allow-scripts", policy);
        Assert.DoesNotContain("allow-same-origin", policy);
        Assert.Contains("frame-ancestors 'none'", policy);
        Assert.Contains("default-src 'none'", policy);
    }

    [Theory]
    [InlineData("/reports/0193a0c0-0000-7000-8000-000000000001")]
    [InlineData("/reports/..%2f..%2frlhf.db")]
    [InlineData("/reports/%2e%2e/rlhf.db")]
    [InlineData("/reports/rlhf")]
    [InlineData("/rlhf.db")]
    [InlineData("/css/../rlhf.db")]
    public async Task What_is_no_report_is_not_found(string address)
    {
        await using var served = await ServedHome.StartAsync();
        using var answer = await served.Client.GetAsync(address, Cancellation);
        Assert.Equal(HttpStatusCode.NotFound, answer.StatusCode);
        Assert.Contains("There is nothing here", await answer.Content.ReadAsStringAsync(Cancellation));
    }
}

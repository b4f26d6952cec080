using Rlhf.Testing;

namespace Rlhf.EndToEnd.Tests.Pages;

/// <summary><c>rlhf serve</c> as a process.</summary>
public sealed class ServeTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Serves_the_home_folder_of_RLHF_HOME_loads_no_torch_and_a_second_one_is_told_of_the_port()
    {
        using var folder = new TemporaryFolder();
        using var first = HubProgram.Start(folder.Path, "serve", "--urls", "http://127.0.0.1:0");
        try
        {
            string? line = await first.StandardOutput.ReadLineAsync(Cancellation).AsTask()
                .WaitAsync(TimeSpan.FromSeconds(60), Cancellation);
            Assert.NotNull(line);
            string address = line.Split(' ').Single(word => word.StartsWith("http://127.0.0.1:", StringComparison.Ordinal));
            Assert.Contains(folder.Path, line);
            using var client = new HttpClient();
            Assert.Contains("<h1>Sign in</h1>", await client.GetStringAsync(address, Cancellation));
            string? link = await first.StandardOutput.ReadLineAsync(Cancellation).AsTask()
                .WaitAsync(TimeSpan.FromSeconds(60), Cancellation);
            Assert.Contains("<h1>First administrator</h1>", await client.GetStringAsync(
                link!.Split(' ').Single(word => word.StartsWith(address, StringComparison.Ordinal)), Cancellation));
            Assert.True(File.Exists(folder["rlhf.db"]));
            if (OperatingSystem.IsLinux())
                Assert.DoesNotContain("torch", await File.ReadAllTextAsync($"/proc/{first.Id}/maps", Cancellation),
                    StringComparison.OrdinalIgnoreCase);

            using var elsewhere = new TemporaryFolder();
            Assert.Contains("another program listens at http://127.0.0.1:", await RefusalAsync(elsewhere.Path, address));
            Assert.Contains($"a hub runs there already, at {address}", await RefusalAsync(folder.Path, "http://127.0.0.1:0"));
        }
        finally
        {
            first.Kill(entireProcessTree: true);
        }
    }

    /// <summary>The one line that a second hub ends with.</summary>
    private static async Task<string> RefusalAsync(string home, string address)
    {
        using var second = HubProgram.Start(home, "serve", "--urls", address);
        string error = await second.StandardError.ReadToEndAsync(Cancellation);
        await second.WaitForExitAsync(Cancellation);
        Assert.Equal(2, second.ExitCode);
        return Assert.Single(error.TrimEnd().Split('\n'));
    }
}

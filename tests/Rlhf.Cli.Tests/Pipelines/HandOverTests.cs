using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Rlhf.Cli.Hosting;

namespace Rlhf.Cli.Tests.Pipelines;

/// <summary>
/// A second rlhf on the home folder of a running hub: it hands its pipeline over, looks at it, cancels it and takes it up.
/// </summary>
[Collection(TinyLoop.Tests)]
public sealed class HandOverTests(TinyLoop loop)
{
    [Fact]
    public async Task A_pipeline_that_is_handed_over_goes_on_without_its_command_and_is_cancelled_and_resumed()
    {
        var stop = TestContext.Current.CancellationToken;
        string home = loop.Home("handed");
        // Every address of the machine, as compose's hub listens.
        using var hub = await StartHubAsync(home, "http://0.0.0.0:0");
        string id;
        // A path from the folder of the command, which is not the hub's.
        string model = Path.GetRelativePath(Environment.CurrentDirectory, loop.Model);
        using (var client = RlhfProgram.Start("pipeline", "run", loop.File, "--home", home, "--json", "--set", $"model={model}",
            "--set", "ppo.updates=100000"))
        {
            string handed = await client.StandardError.ReadLineAsync(stop) ?? "";
            Assert.Contains("is handed to the hub at http://127.0.0.1:", handed, StringComparison.Ordinal);
            id = handed.Split(' ')[2];
            await SignalAsync(client, "INT", stop);
            string rest = await client.StandardError.ReadToEndAsync(stop);
            Assert.Contains($"pipeline run {id} goes on; look at it: rlhf pipeline status {id}; cancel it: rlhf pipeline cancel {id}", rest,
                StringComparison.Ordinal);
            await client.WaitForExitAsync(stop);
            Assert.Equal(130, client.ExitCode);
        }

        Assert.Equal("running", Status(home, "latest").GetProperty("state").GetString());
        var listed = Json(RlhfProgram.Run("pipeline", "list", "--home", home, "--json")).EnumerateArray().Single();
        Assert.Equal(id, listed.GetProperty("id").GetString());

        // "latest" is what the verbs mean without an id.
        Assert.Equal("cancelled", Json(RlhfProgram.Run("pipeline", "cancel", "--home", home, "--json")).GetProperty("state").GetString());
        Assert.Equal("cancelled", Status(home, id[..8]).GetProperty("state").GetString());
        Assert.Contains("there is nothing to cancel", RlhfProgram.Refused("pipeline", "cancel", id, "--home", home),
            StringComparison.Ordinal);
        var followed = RlhfProgram.Run("pipeline", "follow", id, "--home", home);
        Assert.Equal(1, followed.ExitCode);
        Assert.Contains("was cancelled: cancelled with rlhf pipeline cancel", followed.Error, StringComparison.Ordinal);

        // It is taken up where it was; Ctrl+C leaves it going again.
        using (var client = RlhfProgram.Start("pipeline", "resume", id, "--home", home, "--json"))
        {
            await client.StandardError.ReadLineAsync(stop);
            await SignalAsync(client, "INT", stop);
            await client.WaitForExitAsync(stop);
            Assert.Equal(130, client.ExitCode);
        }
        Assert.Equal("running", Status(home, id).GetProperty("state").GetString());

        // A hub that is gone is said to be.
        using (var client = RlhfProgram.Start("pipeline", "follow", id, "--home", home))
        {
            await client.StandardOutput.ReadLineAsync(stop);
            hub.Kill(entireProcessTree: true);
            string error = await client.StandardError.ReadToEndAsync(stop);
            await client.WaitForExitAsync(stop);
            Assert.Equal(1, client.ExitCode);
            Assert.Contains("does not answer", error, StringComparison.Ordinal);
            Assert.Contains("go on when a hub is started again", error, StringComparison.Ordinal);
        }

        // Without a hub, the rows are shown and changed.
        Assert.Equal("cancelled",
            Json(RlhfProgram.Run("pipeline", "cancel", id, "--home", home, "--json")).GetProperty("state").GetString());
        Assert.Contains("tiny: cancelled", RlhfProgram.Run("pipeline", "status", "--home", home).Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("http://0.0.0.0:8080", "http://127.0.0.1:8080")]
    [InlineData("http://[::]:8080", "http://[::1]:8080")]
    [InlineData("http://192.0.2.7:8080", "http://192.0.2.7:8080")]
    [InlineData("http://192.0.2.7:8080;http://127.0.0.1:9000", "http://127.0.0.1:9000")]
    [InlineData("http://localhost:8080", "http://localhost:8080")]
    public void A_hub_is_asked_where_this_machine_reaches_it(string listens, string asked) =>
        Assert.Equal(asked, HubAddressFile.Of(listens.Split(';'), "token").Url);

    private static async Task<Process> StartHubAsync(string home, string urls)
    {
        var hub = RlhfProgram.StartIn(Path.GetTempPath(), "serve", "--home", home, "--urls", urls);
        hub.ErrorDataReceived += (_, _) => { };
        hub.BeginErrorReadLine();
        Assert.StartsWith("Rlhf:", await hub.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken), StringComparison.Ordinal);
        return hub;
    }

    private static JsonElement Status(string home, string id) => Json(RlhfProgram.Run("pipeline", "status", id, "--home", home, "--json"));

    private static JsonElement Json(Answer answer)
    {
        Assert.True(answer.ExitCode == 0, answer.Error);
        return JsonDocument.Parse(answer.Text).RootElement;
    }

    private static async Task SignalAsync(Process process, string signal, CancellationToken stop)
    {
        using var kill = Process.Start("kill", [$"-{signal}", process.Id.ToString(CultureInfo.InvariantCulture)]);
        await kill.WaitForExitAsync(stop);
    }
}

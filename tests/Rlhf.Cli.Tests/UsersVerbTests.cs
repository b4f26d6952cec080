using System.Diagnostics;
using System.Net;
using System.Text.Json;
using Rlhf.Testing;

namespace Rlhf.Cli.Tests;

public sealed class UsersVerbTests : IDisposable
{
    private readonly TemporaryFolder _home = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public void Accounts_are_added_listed_and_removed_without_a_hub()
    {
        string token = Run("add", "ana", "--role", "annotator", "--token").TrimEnd('\n');
        Assert.StartsWith("rlhf_", token, StringComparison.Ordinal);
        Assert.Equal("added 'ben' as researcher", WithInput("a sentence to remember\n", "add", "ben", "--role", "researcher",
            "--password-stdin").Split(" (")[0]);
        JsonElement[] list = [.. Run("list", "--json").TrimEnd('\n').Split('\n').Select(line => JsonDocument.Parse(line).RootElement)];
        Assert.Equal(["ana", "ben"], list.Select(account => account.GetProperty("name").GetString()));
        Assert.Equal(["annotator", "researcher"], list.Select(account => account.GetProperty("role").GetString()));
        Assert.Equal([1, 0], list.Select(account => account.GetProperty("tokens").GetInt32()));
        Assert.StartsWith("removed 'ana'", Run("remove", "ANA"), StringComparison.Ordinal);
        Assert.StartsWith("ben\tresearcher\t", Run("list"), StringComparison.Ordinal);
        // No token and no password can be read from the folder.
        foreach (string file in Directory.GetFiles(_home.Path, "accounts.db*"))
            Assert.DoesNotContain(token, File.ReadAllText(file, System.Text.Encoding.Latin1), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_token_made_beside_a_running_hub_works_there_and_the_first_link_is_said_while_nobody_is_administrator()
    {
        using Process hub = RlhfProgram.Start("serve", "--urls", "http://127.0.0.1:0", "--home", _home.Path);
        try
        {
            string url = (await LineAsync(hub)).Split(' ').Single(word => word.StartsWith("http://127.0.0.1:", StringComparison.Ordinal));
            Assert.StartsWith($"first administrator: {url}/account/register?code=", await LineAsync(hub), StringComparison.Ordinal);
            string token = Run("add", "ana", "--role", "admin", "--token").TrimEnd('\n');
            using var client = new HttpClient { BaseAddress = new Uri(url) };
            client.DefaultRequestHeaders.Add("Authorization", "Bearer " + token);
            Assert.Contains("\"role\":\"admin\"", await client.GetStringAsync("/api/v1/session", Cancellation));
            string invited = Run("invite", "--role", "reviewer", "--uses", "2", "--days", "3");
            Assert.StartsWith($"{url}/account/register?code=", invited, StringComparison.Ordinal);
            Assert.Contains("You are invited", await client.GetStringAsync(invited.Split(' ')[0], Cancellation));
        }
        finally
        {
            hub.Kill(entireProcessTree: true);
            await hub.WaitForExitAsync(Cancellation);
        }
        using Process second = RlhfProgram.Start("serve", "--urls", "http://127.0.0.1:0", "--home", _home.Path);
        Task<string> output = second.StandardOutput.ReadToEndAsync(Cancellation);
        string address = await AddressAsync();
        using (var client = new HttpClient())
            Assert.Equal(HttpStatusCode.OK, (await client.GetAsync(address + "/healthz", Cancellation)).StatusCode);
        second.Kill(entireProcessTree: true);
        Assert.DoesNotContain("first administrator", await output);

        async Task<string> AddressAsync()
        {
            string file = _home["hub.json"];
            for (int tries = 0; ; tries++)
            {
                Assert.True(tries < 600 && !second.HasExited, "the hub does not start");
                // That of the first one, which was killed, names another process.
                if (File.Exists(file) && JsonDocument.Parse(await File.ReadAllTextAsync(file, Cancellation)).RootElement is var hub
                    && hub.GetProperty("ProcessId").GetInt32() == second.Id)
                    return hub.GetProperty("Url").GetString()!;
                await Task.Delay(100, Cancellation);
            }
        }
    }

    [Fact]
    public void What_is_wrong_is_told()
    {
        Run("add", "ana", "--role", "annotator", "--token");
        Assert.Contains("give --token, --password-stdin or both", Refused("add", "ben", "--role", "admin"));
        Assert.Contains("there is an account 'Ana' already", Refused("add", "Ana", "--role", "admin", "--token"));
        Assert.Contains("--role must be annotator|reviewer|researcher|admin; got 'boss'",
            Refused("add", "ben", "--role", "boss", "--token"));
        Assert.Contains("a name has 1", Refused("add", "a\tb", "--role", "admin", "--token"));
        Assert.Contains("no account 'nobody'", Refused("remove", "nobody"));
        Assert.Contains("days must be 1 … 365; got 400", Refused("invite", "--days", "400"));
        Assert.Contains("no labeling project", Refused("invite", "--project", Guid.NewGuid().ToString()));
        Assert.Contains("a link for workers needs a project", Refused("invite", "--workers"));
        Assert.Contains("no rlhf.db there", RlhfProgram.Refused("users", "list", "--home", _home["nothing"]));
    }

    public void Dispose() => _home.Dispose();

    private static async Task<string> LineAsync(Process hub) =>
        await hub.StandardOutput.ReadLineAsync(Cancellation).AsTask().WaitAsync(TimeSpan.FromSeconds(60), Cancellation) ?? "";

    private string Run(params string[] arguments)
    {
        Answer answer = RlhfProgram.Run(["users", .. arguments, "--home", _home.Path]);
        Assert.True(answer.ExitCode == 0, answer.Error);
        return answer.Text;
    }

    private string Refused(params string[] arguments) => RlhfProgram.Refused(["users", .. arguments, "--home", _home.Path]);

    private string WithInput(string input, params string[] arguments)
    {
        var start = new ProcessStartInfo(RlhfProgram.Executable, ["users", .. arguments, "--home", _home.Path])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        };
        using Process process = Process.Start(start)!;
        process.StandardInput.Write(input);
        process.StandardInput.Close();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return output;
    }
}
